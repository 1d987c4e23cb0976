import type { ServerResponse } from 'node:http';
import type { LabEvent } from '../contract/lab.ts';

/** Characters that wait for a window that does not read; then its connection is given up and it must ask anew. */
const MOST_WAITING = 64 * 1024 * 1024;
/** Milliseconds between signs of life. */
const HEARTBEAT = 15_000;

interface Waiting {
  readonly key: string;
  readonly text: string;
}

/**
 * Events to one window as Server-Sent Events. A slow reader is waited for: what it has not taken stays here, and of progress only the
 * latest is kept. One that takes nothing at all is let go.
 */
export class EventStream {
  private readonly response: ServerResponse;
  private waiting: Waiting[] = [];
  private waitingSize = 0;
  private blocked = false;
  private readonly heartbeat: NodeJS.Timeout;

  constructor(response: ServerResponse) {
    this.response = response;
    response.write(': connected\n\n');
    response.on('drain', () => this.flush());
    this.heartbeat = setInterval(() => !this.blocked && this.write(': alive\n\n'), HEARTBEAT);
    this.heartbeat.unref();
  }

  /** Sends an event when the window can take it. `text` is the event as JSON, the same for all windows. */
  send(event: LabEvent, text: string): void {
    const message = `data: ${text}\n\n`;
    if (!this.blocked) {
      this.write(message);
      return;
    }
    const key = event.name === 'run.progress' ? `${event.data.runId} ${event.data.index}` : '';
    const same = key === '' ? -1 : this.waiting.findIndex((each) => each.key === key);
    if (same >= 0) this.waitingSize -= this.waiting.splice(same, 1)[0]!.text.length;
    this.waiting.push({ key, text: message });
    this.waitingSize += message.length;
    if (this.waitingSize > MOST_WAITING) this.close();
  }

  close(): void {
    clearInterval(this.heartbeat);
    this.waiting = [];
    this.waitingSize = 0;
    this.response.destroy();
  }

  /** Ends it in good order. */
  end(): void {
    clearInterval(this.heartbeat);
    this.response.end();
  }

  private write(message: string): void {
    this.blocked = !this.response.write(message);
  }

  private flush(): void {
    this.blocked = false;
    while (!this.blocked && this.waiting.length > 0) {
      const { text } = this.waiting.shift()!;
      this.waitingSize -= text.length;
      this.write(text);
    }
  }
}
