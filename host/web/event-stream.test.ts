import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { LabEvent } from '../contract/lab.ts';
import { EventStream } from './event-stream.ts';

/** A connection whose other end reads only when it is told to. */
class Connection extends EventEmitter {
  taken: string[] = [];
  full = false;
  destroyed = false;

  write(text: string): boolean {
    this.taken.push(text);
    return !this.full;
  }

  destroy(): void {
    this.destroyed = true;
  }

  read(): void {
    this.full = false;
    this.emit('drain');
  }
}

const progress = (index: number, accesses: number): LabEvent => ({
  name: 'run.progress',
  data: { runId: 'r', index, accesses, elapsedMs: 0 },
});
const message = (text: string): LabEvent => ({ name: 'run.message', data: { runId: 'r', index: 0, text } });

function connect() {
  const connection = new Connection();
  const stream = new EventStream(connection as unknown as ServerResponse);
  const send = (event: LabEvent): void => stream.send(event, JSON.stringify(event));
  const sent = (): unknown[] =>
    connection.taken.filter((text) => text.startsWith('data: ')).map((text) => JSON.parse(text.slice(6)) as unknown);
  return { connection, stream, send, sent };
}

describe('events to a window', () => {
  it('go out at once while it reads', () => {
    const { send, sent } = connect();
    send(progress(0, 1));
    send(progress(0, 2));
    expect(sent()).toEqual([progress(0, 1), progress(0, 2)]);
  });

  it('wait for one that does not: of progress the latest, of everything else all, in order', () => {
    const { connection, send, sent } = connect();
    connection.full = true;
    send(message('first'));
    for (let n = 0; n < 1000; n++) {
      send(progress(0, n));
      send(progress(1, n));
    }
    send(message('second'));
    send(progress(0, 1000));
    send(message('third'));
    expect(sent()).toEqual([message('first')]);
    connection.read();
    expect(sent()).toEqual([
      message('first'),
      progress(1, 999),
      message('second'),
      progress(0, 1000),
      message('third'),
    ]);
  });

  it('are given up when it never reads', () => {
    const { connection, send } = connect();
    connection.full = true;
    for (let n = 0; n < 70 && !connection.destroyed; n++) send(message('x'.repeat(1024 * 1024)));
    expect(connection.destroyed).toBe(true);
  });
});
