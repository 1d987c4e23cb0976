import type { IncomingHttpHeaders } from 'node:http';

/** A refusal: status and one sentence. */
export interface Refusal {
  readonly status: number;
  readonly sentence: string;
}

/** Names by which a browser on this machine reaches the server. */
const hostsOf = (port: number): readonly string[] => [`127.0.0.1:${port}`, `localhost:${port}`];

/**
 * Whether a request may be looked at. The Host header keeps away a page that had its name resolve to this machine (DNS rebinding), Origin
 * and Sec-Fetch-Site keep away pages of other origins.
 */
export function refuse(headers: IncomingHttpHeaders, method: string, port: number): Refusal | null {
  const { host, origin } = headers;
  if (host === undefined || !hostsOf(port).includes(host)) {
    return { status: 421, sentence: 'This address is not the one that the lab was started on.' };
  }
  if (method !== 'GET' && method !== 'POST') return { status: 405, sentence: 'Only GET and POST are answered.' };
  if (origin === undefined ? method === 'POST' : origin !== `http://${host}`) {
    return { status: 403, sentence: 'Pages of another origin are not answered.' };
  }
  const site = headers['sec-fetch-site'];
  // Following a link to the window is no reading of it: the page cannot be framed, and needs a session.
  const follows = method === 'GET' && headers['sec-fetch-mode'] === 'navigate';
  if (site !== undefined && site !== 'same-origin' && !follows) {
    return { status: 403, sentence: 'Pages of another origin are not answered.' };
  }
  return null;
}

/**
 * Headers of every answer. The window runs its own files only: no inline script, no eval, no other origin; inline style is Monaco's need.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), usb=()',
};
