import {
  LabError,
  labFailed,
  readAnswer,
  readEvent,
  type LabEvent,
  type LabMethod,
  type LabParams,
  type LabReply,
} from '../../host/contract/lab.ts';
import { followStream } from './event-stream.ts';
import { Listeners, type Connection, type LabClient } from './lab-client.ts';

/** The lab behind a browser host: calls by POST, events by a stream that the windows of a browser share. */
export class HttpLab implements LabClient {
  private readonly origin: string;
  private readonly key: () => string;
  private readonly listeners = new Listeners<LabEvent>();
  private readonly connections = new Listeners<Connection>();
  private readonly stopper = new AbortController();
  private connection: Connection = 'lost';
  private opened: Promise<void> | null = null;

  /** `origin` like `http://127.0.0.1:8080`; `key` of the session as it is now (see `openSession`). */
  constructor(origin: string, key: () => string) {
    this.origin = origin;
    this.key = key;
  }

  async call<M extends LabMethod>(method: M, params: LabParams<M>): Promise<LabReply<M>> {
    // What a start has to say must find somebody who listens.
    if (method === 'start') await this.opened;
    const answer = readAnswer(method, await this.post(JSON.stringify({ method, params })));
    if (!answer.ok) throw new LabError(answer.error);
    return answer.value;
  }

  listen(hear: (event: LabEvent) => void): () => void {
    this.opened ??= this.keepOpen();
    return this.listeners.add(hear);
  }

  onConnection(hear: (connection: Connection) => void): () => void {
    this.opened ??= this.keepOpen();
    hear(this.connection);
    return this.connections.add(hear);
  }

  /** Ends the stream of events for good. */
  close(): void {
    this.stopper.abort();
  }

  private async post(body: string): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`${this.origin}/call`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...this.authorization() },
        body,
      });
    } catch {
      throw unreachable('The lab does not answer. Was it stopped?');
    }
    if (!response.ok) throw unreachable((await response.text().catch(() => '')).trim() || `status ${response.status}`);
    return response.json().catch(() => null);
  }

  /** Resolves when the stream was opened, or could not be, for the first time; goes on until `close`. */
  private keepOpen(): Promise<void> {
    return new Promise((tried) =>
      followStream({
        name: `exitlab.events ${this.origin}`,
        open: (signal) => fetch(`${this.origin}/events`, { headers: this.authorization(), signal }),
        hear: {
          event: (data) => this.take(data),
          missed: () => this.listeners.tell({ name: 'lab.lost', data: {} }),
          connection: (connection) => {
            this.setConnection(connection);
            tried();
          },
        },
        signal: this.stopper.signal,
      }),
    );
  }

  private take(data: string): void {
    const read = readEvent(parse(data));
    if (read.ok) this.listeners.tell(read.value);
  }

  private authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.key()}` };
  }

  private setConnection(connection: Connection): void {
    if (connection === this.connection) return;
    this.connection = connection;
    this.connections.tell(connection);
  }
}

/** Turns the token of a link into the key of a session; null when the link is wrong or was used. */
export async function openSession(origin: string, token: string): Promise<string | null> {
  const response = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  }).catch(() => null);
  if (response === null || !response.ok) return null;
  const body: unknown = await response.json().catch(() => null);
  return typeof body === 'object' && body !== null && 'key' in body && typeof body.key === 'string' ? body.key : null;
}

const unreachable = (message: string): LabError => new LabError(labFailed('unreachable', message));

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
