import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfigurations } from '../../core/index.ts';
import type { LabEvent } from '../../host/contract/lab.ts';
import { createLab, type LabService } from '../../host/lab/lab.ts';
import { below } from '../../host/lab/places.ts';
import { startWebHost, type WebHost } from '../../host/web/server.ts';
import { BridgeLab } from './bridge-lab.ts';
import { EventLines } from './event-lines.ts';
import { HttpLab, openSession } from './http-lab.ts';
import type { Connection } from './lab-client.ts';

let folder = '';
let service: LabService;
let host: WebHost;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exitlab-client-'));
  mkdirSync(join(folder, 'window'));
  writeFileSync(join(folder, 'window/index.html'), '');
  service = createLab({ host: 'browser', version: '0.1.0', dataFolder: join(folder, 'data'), places: below(folder) });
  host = await startWebHost({ lab: service, window: join(folder, 'window'), port: 0 });
});
afterEach(async () => {
  await host.close();
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const origin = () => `http://127.0.0.1:${host.port}`;
/** A browser names the origin of each POST; Node's fetch does not. */
const asBrowser = async <T>(work: () => Promise<T>): Promise<T> => {
  const plain = globalThis.fetch;
  globalThis.fetch = (input, init) =>
    plain(input, {
      ...init,
      headers: { ...(init?.headers as Record<string, string>), origin: new URL(String(input)).origin },
    });
  try {
    return await work();
  } finally {
    globalThis.fetch = plain;
  }
};
const connect = async (): Promise<HttpLab> => {
  const token = new URLSearchParams(new URL(host.makeLink()).hash.slice(1)).get('token')!;
  const key = (await openSession(origin(), token))!;
  return new HttpLab(origin(), () => key);
};
const until = (lab: HttpLab, test: (event: LabEvent) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const stop = lab.listen((event) => {
      if (!test(event)) return;
      stop();
      resolve();
    });
  });

describe('the lab over HTTP', () => {
  it('answers calls and tells events, from the first one of a start', async () => {
    await asBrowser(async () => {
      const lab = await connect();
      const seen: string[] = [];
      lab.listen((event) => seen.push(event.name));
      const done = until(lab, ({ name }) => name === 'run.done');
      const { text } = (await lab.call('gallery', {}))[0]!;
      const parsed = parseConfigurations({ designs: ['fast-mmio'], mmus: ['ept'] });
      if (!parsed.ok) throw new Error(parsed.error);
      await lab.call('start', {
        runId: 'r',
        script: { name: 'a.ts', text },
        configurations: parsed.value,
        options: { check: true, events: 0, seconds: 0 },
      });
      await done;
      expect(seen.filter((name) => name !== 'run.progress')).toEqual(['run.result', 'history.changed', 'run.done']);
      await expect(lab.call('files.open', { path: '../x' })).rejects.toMatchObject({ failure: { code: 'refused' } });
      lab.close();
    });
  });

  it('says when the session is none', async () => {
    await asBrowser(async () => {
      expect(await openSession(origin(), 'wrong')).toBeNull();
      const lab = new HttpLab(origin(), () => 'wrong');
      await expect(lab.call('describe', {})).rejects.toMatchObject({
        failure: { code: 'unreachable', message: expect.stringContaining('address that the lab printed') },
      });
    });
  });

  it('tells when it is lost and when another lab refuses it, and goes on with a new session', async () => {
    await asBrowser(async () => {
      const session = async (): Promise<string> =>
        (await openSession(origin(), new URLSearchParams(new URL(host.makeLink()).hash.slice(1)).get('token')!))!;
      let key = await session();
      const lab = new HttpLab(origin(), () => key);
      const states: Connection[] = [];
      let lost = 0;
      lab.listen(({ name }) => (lost += name === 'lab.lost' ? 1 : 0));
      lab.onConnection((connection) => states.push(connection));
      await expect.poll(() => states).toEqual(['lost', 'open']);
      const { port } = host;
      await host.close();
      await expect.poll(() => states.at(-1)).toBe('lost');
      await expect(lab.call('describe', {})).rejects.toMatchObject({ failure: { code: 'unreachable' } });
      host = await startWebHost({ lab: service, window: join(folder, 'window'), port });
      // Another process knows no session of the old one.
      await expect.poll(() => states.at(-1), { timeout: 5000 }).toBe('refused');
      expect(lost).toBe(0);
      key = await session();
      await expect.poll(() => states.at(-1), { timeout: 5000 }).toBe('open');
      expect(lost).toBe(1);
      lab.close();
    });
  });

  it('takes one connection for the events of all windows of a browser, and the next window takes it over', async () => {
    let streams = 0;
    const open = new Set<ServerResponse>();
    const server: Server = createServer((_, response) => {
      streams++;
      open.add(response);
      response.on('close', () => open.delete(response));
      response.write(': connected\n\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const windows = Array.from({ length: 8 }, () => new HttpLab(at, () => 'k'));
    const heard = windows.map((): string[] => []);
    windows.forEach((lab, index) => lab.listen(({ name }) => heard[index]!.push(name)));
    const states = windows.map((): Connection[] => []);
    windows.forEach((lab, index) => lab.onConnection((connection) => states[index]!.push(connection)));
    await expect.poll(() => states.map((each) => each.at(-1))).toEqual(windows.map(() => 'open'));
    expect([streams, open.size]).toEqual([1, 1]);
    const event = { name: 'run.done', data: { runId: 'r', cancelled: false, elapsedMs: 1, notKept: [] } };
    const send = (): void => open.forEach((response) => void response.write(`data: ${JSON.stringify(event)}\n\n`));
    send();
    await expect.poll(() => heard).toEqual(windows.map(() => ['run.done']));
    windows[0]!.close();
    await expect.poll(() => streams).toBe(2);
    // Between the two streams something may have been missed.
    await expect.poll(() => heard.slice(1)).toEqual(windows.slice(1).map(() => ['run.done', 'lab.lost']));
    send();
    await expect.poll(() => heard.slice(1).map((each) => each.at(-1))).toEqual(windows.slice(1).map(() => 'run.done'));
    expect(open.size).toBe(1);
    for (const lab of windows) lab.close();
    server.close();
    server.closeAllConnections();
  });

  it('says that events were missed when its stream broke and came back', async () => {
    let streams = 0;
    const server: Server = createServer((_, response) => {
      response.write(': connected\n\n');
      if (++streams === 1) setTimeout(() => response.destroy(), 50);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const lab = new HttpLab(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => 'k');
    await until(lab, ({ name }) => name === 'lab.lost');
    expect(streams).toBe(2);
    lab.close();
    server.close();
    server.closeAllConnections();
  });

  it('is not taken in by somebody else who answers', async () => {
    const answers = ['', 'null', '{"ok":true,"reply":{"version":7}}', '<html>', '{"ok":false,"failure":"x"}'];
    const server: Server = createServer((_, response) => response.end(answers.shift()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const lab = new HttpLab(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => 'k');
    while (answers.length > 0)
      await expect(lab.call('describe', {})).rejects.toMatchObject({ failure: { code: 'bad-message' } });
    server.close();
    server.closeAllConnections();
  });
});

describe('the lab over the bridge', () => {
  const bridge = (answer: () => Promise<unknown>) => {
    const heard: ((event: unknown) => void)[] = [];
    const lab = new BridgeLab({
      call: answer,
      listen: (hear) => {
        heard.push(hear);
        return () => {};
      },
    });
    return { lab, tell: (event: unknown) => heard.forEach((hear) => hear(event)) };
  };

  it('carries the service’s own answers', async () => {
    const { lab } = bridge(() => service.handle({ method: 'describe', params: {} }));
    expect(await lab.call('describe', {})).toMatchObject({ version: '0.1.0' });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['an answer that is none', () => Promise.resolve('x'), 'bad-message'],
    ['a bridge that breaks', () => Promise.reject(new Error('gone')), 'unreachable'],
  ])('%s is a failure', async (_what, answer, code) => {
    await expect(bridge(answer).lab.call('describe', {})).rejects.toMatchObject({ failure: { code } });
  });

  it('tells only events of the contract', () => {
    const { lab, tell } = bridge(() => Promise.resolve(null));
    const seen: LabEvent[] = [];
    const stop = lab.listen((event) => seen.push(event));
    const event = { name: 'run.done', data: { runId: 'r', cancelled: false, elapsedMs: 1, notKept: [] } };
    for (const each of [null, { name: 'boom', data: {} }, { ...event, data: {} }, event]) tell(each);
    stop();
    tell(event);
    expect(seen).toEqual([event]);
  });
});

describe('lines of events', () => {
  it('come together from any pieces', () => {
    const text = ': hello\n\ndata: {"a":1}\n\n: alive\n\ndata: two\ndata: lines\n\ndata: cut';
    for (let size = 1; size < text.length; size++) {
      const seen: string[] = [];
      const lines = new EventLines((data) => seen.push(data));
      for (let at = 0; at < text.length; at += size) lines.push(text.slice(at, at + size));
      expect(seen, `pieces of ${size}`).toEqual(['{"a":1}', 'two\nlines']);
    }
  });
});
