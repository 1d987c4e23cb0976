import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type LabService } from '../lab/lab.ts';
import { below } from '../lab/places.ts';
import { startWebHost, type WebHost } from './server.ts';

let folder = '';
let lab: LabService;
let host: WebHost;
let key = '';

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request with exactly these headers: no client adds its own. */
function ask(
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  const own = { host: `127.0.0.1:${host.port}`, ...headers };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: host.port, path, method, headers: own, setHost: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const origin = () => `http://127.0.0.1:${host.port}`;
const json = { 'content-type': 'application/json' };
const post = (path: string, value: unknown, headers: Record<string, string> = {}): Promise<Reply> =>
  ask(path, {
    method: 'POST',
    headers: { ...json, origin: origin(), ...headers },
    body: typeof value === 'string' ? value : JSON.stringify(value),
  });
const call = (method: string, params: unknown, headers: Record<string, string> = {}): Promise<Reply> =>
  post('/call', { method, params }, { authorization: `Bearer ${key}`, ...headers });
const tokenOf = (link: string): string => new URLSearchParams(new URL(link).hash.slice(1)).get('token')!;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exitlab-web-'));
  mkdirSync(join(folder, 'window/assets'), { recursive: true });
  mkdirSync(join(folder, 'mine'));
  writeFileSync(join(folder, 'window/index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'window/assets/main-abc.js'), 'void 0;');
  writeFileSync(join(folder, 'window/.built'), 'stamp');
  writeFileSync(join(folder, 'secret.html'), 'secret');
  lab = createLab({
    host: 'browser',
    version: '0.1.0',
    dataFolder: join(folder, 'data'),
    places: below(join(folder, 'mine')),
  });
  host = await startWebHost({ lab, window: join(folder, 'window'), port: 0 });
  const opened = await post('/session', { token: tokenOf(host.makeLink()) });
  key = (JSON.parse(opened.body) as { key: string }).key;
});
afterAll(async () => {
  await host.close();
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the browser host', () => {
  it('serves the window and answers its calls', async () => {
    const page = await ask('/');
    expect(page).toMatchObject({ status: 200, body: '<!doctype html>' });
    expect(page.headers['cache-control']).toBe('no-store');
    const file = await ask('/assets/main-abc.js', { headers: { origin: origin(), 'sec-fetch-site': 'same-origin' } });
    expect(file).toMatchObject({ status: 200, body: 'void 0;' });
    expect(file.headers['cache-control']).toContain('immutable');
    const described = await call('describe', {});
    expect(JSON.parse(described.body)).toMatchObject({
      ok: true,
      reply: { platform: { host: 'browser' }, dialogs: false },
    });
  });

  it.each(['/', '/nothing', '/call', '/session'])('sends its protection with %s', async (path) => {
    const { headers } = await ask(path);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; worker-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe-eval');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it.each([
    '/assets',
    '/assets/',
    '/..',
    '/../secret.html',
    '/%2e%2e/secret.html',
    '/assets/../index.html',
    '/..%2fsecret.html',
    '/.built',
    '//secret.html',
    '/index.html/',
    '/\\..\\secret.html',
    '/__proto__',
  ])('has nothing at %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it.each([
    ['a name that resolves here', { host: 'evil.example:80' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['no port', { host: '127.0.0.1' }],
    ['every address', { host: '0.0.0.0' }],
  ])('asked as %s it answers nothing', async (_what, headers) => {
    for (const path of ['/', '/call', '/events']) expect((await ask(path, { headers })).status).toBe(421);
  });

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['an opaque origin', { origin: 'null' }],
    ['the same host by https', { origin: `https://127.0.0.1` }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port, by the browser’s word', { 'sec-fetch-site': 'same-site' }],
  ])('a page of %s gets nothing, with a session too', async (_what, headers) => {
    expect((await call('describe', {}, headers as Record<string, string>)).status).toBe(403);
    const authorization = `Bearer ${key}`;
    expect((await ask('/events', { headers: { authorization, ...headers } as Record<string, string> })).status).toBe(
      403,
    );
  });

  it('a message without an origin gets nothing', async () => {
    const headers = { ...json, authorization: `Bearer ${key}` };
    expect((await ask('/call', { method: 'POST', headers, body: '{}' })).status).toBe(403);
  });

  it('a link on a page of another site may be followed, no more', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask('/', { headers })).status).toBe(200);
    expect((await ask('/events', { headers: { ...headers, 'sec-fetch-mode': 'cors' } })).status).toBe(403);
  });

  it.each([
    ['no key', {}],
    ['an empty key', { authorization: 'Bearer ' }],
    ['a wrong key', { authorization: `Bearer ${'A'.repeat(43)}` }],
    ['another scheme', { authorization: 'Basic eDp5' }],
  ])('with %s there is no session', async (_what, headers) => {
    const given = headers as Record<string, string>;
    expect((await post('/call', { method: 'describe', params: {} }, given)).status).toBe(401);
    expect((await ask('/events', { headers: given })).status).toBe(401);
  });

  it('a token opens one session; used again, or wrong, it opens none', async () => {
    const token = tokenOf(host.makeLink());
    expect((await post('/session', { token })).status).toBe(200);
    const again = await post('/session', { token });
    expect(again.status).toBe(403);
    expect(again.body).toMatch(/used already/);
    for (const wrong of [{ token: 'x' }, { token: 7 }, {}, null, [token]])
      expect((await post('/session', wrong)).status).toBe(403);
    const stranger = await post('/session', { token: tokenOf(host.makeLink()) }, { origin: 'https://evil.example' });
    expect(stranger.status).toBe(403);
  });

  it.each<[string, string, Record<string, string>, number]>([
    ['no JSON', '{', {}, 400],
    ['broken text', '"\ud800', {}, 400],
    ['a form', 'method=describe', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text', '{"method":"describe","params":{}}', { 'content-type': 'text/plain' }, 415],
  ])('a message that is %s is refused', async (_what, body, headers, status) => {
    expect((await post('/call', body, { authorization: `Bearer ${key}`, ...headers })).status).toBe(status);
  });

  it('a message that breaks the contract is answered with a failure, and the host goes on', async () => {
    for (const message of [null, 7, [], {}, { method: 'x', params: {} }, { method: 'describe', params: { a: 1 } }]) {
      const reply = await post('/call', message, { authorization: `Bearer ${key}` });
      expect(JSON.parse(reply.body)).toMatchObject({ ok: false, failure: { code: 'bad-message' } });
    }
    const nested = `{"method":"workspace.put","params":{"state":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`;
    await post('/call', nested, { authorization: `Bearer ${key}` });
    expect((await call('describe', {})).status).toBe(200);
  });

  it('a session’s token is too long to be read on', async () => {
    const reply = await post('/session', { token: 'x'.repeat(1_000_000) }).catch(() => ({ status: 413 }));
    expect(reply.status).toBe(413);
  });

  it.each(['PUT', 'DELETE', 'OPTIONS', 'TRACE', 'HEAD'])('%s is not answered', async (method) => {
    expect((await ask('/call', { method, headers: { origin: origin() } })).status).toBe(405);
  });

  it('keeps to the folder', async () => {
    for (const path of ['../secret.html', '/etc/passwd', 'a/../../secret.html']) {
      const reply = await call('files.open', { path });
      expect(JSON.parse(reply.body)).toMatchObject({ ok: false, failure: { code: 'refused' } });
    }
    await call('files.saveAs', { name: 'a.ts', text: 'x', overwrite: false });
    const listed = await call('files.list', {});
    expect(JSON.parse(listed.body)).toMatchObject({ reply: { files: [{ path: 'a.ts' }] } });
  });

  it('is not reached from outside of this machine', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address !== undefined && !address.internal && address.family === 'IPv4');
    if (outside === undefined) return;
    const refused = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: outside.address, port: host.port, timeout: 2000 });
      socket.on('connect', () => resolve(false));
      socket.on('error', () => resolve(true));
      socket.on('timeout', () => resolve(true));
    });
    expect(refused).toBe(true);
  });

  it('ends at once although a window listens', async () => {
    const other = await startWebHost({ lab, window: join(folder, 'window'), port: 0 });
    const headers = { ...json, origin: `http://127.0.0.1:${other.port}` };
    const token = tokenOf(other.makeLink());
    const opened = await fetch(`http://127.0.0.1:${other.port}/session`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ token }),
    });
    const { key: own } = (await opened.json()) as { key: string };
    const stream = await fetch(`http://127.0.0.1:${other.port}/events`, {
      headers: { authorization: `Bearer ${own}` },
    });
    const began = performance.now();
    await other.close();
    expect(performance.now() - began).toBeLessThan(2000);
    await stream.text().catch(() => {});
    await expect(fetch(`http://127.0.0.1:${other.port}/`)).rejects.toThrow('fetch failed');
  });

  it('says when its port is taken, or its window is not built', async () => {
    await expect(startWebHost({ lab, window: join(folder, 'window'), port: host.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await expect(startWebHost({ lab, window: join(folder, 'mine'), port: 0 })).rejects.toThrow(/no window/);
  });
});
