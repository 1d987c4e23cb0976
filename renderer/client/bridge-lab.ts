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
import { Listeners, type Connection, type LabClient } from './lab-client.ts';

/** What the preload script puts into the window as `window.exitlab`: messages as they are, checked on this side and on the other. */
export interface Bridge {
  /** Resolves with the answer's envelope. */
  call(message: unknown): Promise<unknown>;
  /** Hears every event; the returned function ends that. */
  listen(hear: (event: unknown) => void): () => void;
}

/** The lab behind Electron's main process. */
export class BridgeLab implements LabClient {
  private readonly bridge: Bridge;
  private readonly listeners = new Listeners<LabEvent>();

  constructor(bridge: Bridge) {
    this.bridge = bridge;
    bridge.listen((event) => {
      const read = readEvent(event);
      if (read.ok) this.listeners.tell(read.value);
    });
  }

  async call<M extends LabMethod>(method: M, params: LabParams<M>): Promise<LabReply<M>> {
    const sent = await this.bridge.call({ method, params }).catch((error: unknown) => {
      throw new LabError(labFailed('unreachable', error instanceof Error ? error.message : String(error)));
    });
    const answer = readAnswer(method, sent);
    if (!answer.ok) throw new LabError(answer.error);
    return answer.value;
  }

  listen(hear: (event: LabEvent) => void): () => void {
    return this.listeners.add(hear);
  }

  onConnection(hear: (connection: Connection) => void): () => void {
    hear('open');
    return () => {};
  }
}
