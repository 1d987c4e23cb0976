import { protocol } from 'electron';
import { SECURITY_HEADERS } from '../host/web/guard.ts';
import { windowFiles, type WindowFile } from '../host/web/window-files.ts';
import { HOST, SCHEME } from './origin.ts';

/** Makes the app's scheme one with an origin, so that CSP, modules and workers hold for it. Before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves the built window under the app's scheme. */
export async function serveWindow(folder: string): Promise<void> {
  const files = await windowFiles(folder);
  protocol.handle(SCHEME, (request) => answer(request, files));
}

/** Answers from the table of files; what is not in it does not exist, however its path is written. */
export async function answer(
  request: Pick<Request, 'method' | 'url'>,
  files: ReadonlyMap<string, WindowFile>,
): Promise<Response> {
  if (request.method !== 'GET') return refusal(405, 'Files are only read.');
  const url = URL.canParse(request.url) ? new URL(request.url) : null;
  if (url === null || url.protocol !== `${SCHEME}:` || url.host !== HOST || url.username + url.password !== '')
    return refusal(404, 'There is no such host.');
  const file = files.get(url.pathname);
  if (file === undefined) return refusal(404, 'There is no such file.');
  const content = await file.read().catch(() => null);
  if (content === null) return refusal(500, 'The file cannot be read.');
  return new Response(new Uint8Array(content), { headers: { ...SECURITY_HEADERS, 'content-type': file.type } });
}

const refusal = (status: number, sentence: string): Response =>
  new Response(sentence, { status, headers: { ...SECURITY_HEADERS, 'content-type': 'text/plain; charset=utf-8' } });
