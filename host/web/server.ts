import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LabService } from '../lab/lab.ts';
import { EventStream } from './event-stream.ts';
import { refuse, SECURITY_HEADERS } from './guard.ts';
import { readBody } from './read-body.ts';
import { Sessions } from './sessions.ts';
import { windowFiles, type WindowFile } from './window-files.ts';

export interface WebOptions {
  readonly lab: LabService;
  /** Folder of the built window. */
  readonly window: string;
  /** 0 for a free one. */
  readonly port: number;
}

/** The browser host: the window's files, and the lab behind them for whoever has a session. Loopback only. */
export interface WebHost {
  readonly port: number;
  /** An address that opens one session, once. */
  makeLink(): string;
  /** Ends every connection and the server; the lab is the caller's. */
  close(): Promise<void>;
}

/** Starts the browser host on 127.0.0.1. Rejects when the port is taken or the window is not built. */
export async function startWebHost({ lab, window, port }: WebOptions): Promise<WebHost> {
  const files = await windowFiles(window);
  if (!files.has('/')) throw new Error(`there is no window in ${window}`);
  const sessions = new Sessions();
  const streams = new Set<EventStream>();
  const stopListening = lab.listen((event) => {
    const text = JSON.stringify(event);
    for (const stream of streams) stream.send(event, text);
  });
  const server = createServer((request, response) => {
    void respond(request, response).catch(() => response.destroy());
  });
  server.requestTimeout = 120_000;
  server.headersTimeout = 20_000;
  await listen(server, port);
  const actual = (server.address() as AddressInfo).port;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const method = request.method ?? '';
    const refused = refuse(request.headers, method, actual);
    if (refused !== null) return say(response, refused.status, refused.sentence);
    const path = (request.url ?? '').split('?', 1)[0]!;
    if (path === '/session' && method === 'POST') return openSession(request, response);
    if (path === '/call' || path === '/events') {
      if (!isAllowed(request))
        return say(response, 401, 'This window has no session: open the address that the lab printed.');
      if (path === '/call' && method === 'POST') return call(request, response);
      if (path === '/events' && method === 'GET') return connect(response);
      return say(response, 405, 'This is not how it is asked for.');
    }
    const file = files.get(path);
    if (file === undefined || method !== 'GET') return say(response, 404, 'There is nothing here.');
    return send(response, file);
  }

  function isAllowed(request: IncomingMessage): boolean {
    const [scheme, key = ''] = (request.headers.authorization ?? '').split(' ');
    return scheme === 'Bearer' && sessions.knows(key);
  }

  async function openSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await message(request, response, 4096);
    if (body === null) return;
    const { json } = body;
    const token = typeof json === 'object' && json !== null && 'token' in json ? json.token : null;
    const key = typeof token === 'string' ? sessions.open(token) : null;
    if (key === null) return say(response, 403, 'This link is wrong or was used already: ask the lab for a new one.');
    sendJson(response, { key });
  }

  async function call(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await message(request, response);
    if (body !== null) sendJson(response, await lab.handle(body.json));
  }

  function connect(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const stream = new EventStream(response);
    streams.add(stream);
    response.on('close', () => {
      streams.delete(stream);
      stream.close();
    });
  }

  return {
    port: actual,
    makeLink: () => `http://127.0.0.1:${actual}/#token=${sessions.makeToken()}`,
    async close() {
      stopListening();
      for (const stream of streams) stream.end();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 300).unref();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

/** The JSON of a request; null when it was refused here. */
async function message(
  request: IncomingMessage,
  response: ServerResponse,
  limit?: number,
): Promise<{ readonly json: unknown } | null> {
  if (request.headers['content-type']?.split(';', 1)[0] !== 'application/json') {
    say(response, 415, 'A message is JSON.');
    return null;
  }
  const body = await readBody(request, limit);
  if (typeof body === 'object') return body;
  if (body === 'too large') {
    response.setHeader('connection', 'close');
    response.on('finish', () => request.destroy());
    say(response, 413, 'The message is too large.');
  } else say(response, 400, 'The message is not JSON.');
  return null;
}

async function send(response: ServerResponse, { type, lasting, read }: WindowFile): Promise<void> {
  const content = await read();
  response.writeHead(200, {
    'content-type': type,
    'content-length': content.length,
    'cache-control': lasting ? 'public, max-age=31536000, immutable' : 'no-store',
  });
  response.end(content);
}

function sendJson(response: ServerResponse, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(text);
}

function say(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${sentence}\n`);
}
