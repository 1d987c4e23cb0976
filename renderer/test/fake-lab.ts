import type { Lab, LabEvent, LabMethod, LabParams, LabReply } from '../../host/contract/lab.ts';
import { labFailed, LabError } from '../../host/contract/lab.ts';

type Answers = { [M in LabMethod]?: (params: LabParams<M>) => LabReply<M> | Promise<LabReply<M>> };

/** A lab in memory: answers what it is given, remembers every call, and lets a test send events. */
export interface FakeLab extends Lab {
  readonly calls: { readonly method: LabMethod; readonly params: unknown }[];
  send(event: LabEvent): void;
}

const plain: Answers = {
  describe: () => ({
    version: '0.1.0',
    schema: 1,
    platform: { host: 'browser', os: 'linux' },
    dialogs: false,
    folder: '~/exitlab',
    processors: 2,
  }),
  gallery: () => [],
  check: () => ({ diagnostics: [], scenario: null }),
  start: () => ({}),
  cancel: () => ({}),
  'files.recent': () => [],
  'files.list': () => ({ files: [], more: 0 }),
  'drafts.put': ({ text }) => ({ version: text }),
  'drafts.get': () => ({ drafts: [], problems: [] }),
  'workspace.put': () => ({}),
  'workspace.get': () => ({ state: null, lastRun: null, running: false, problems: [] }),
  'window.put': () => ({}),
};

/** A lab that gives the answers given, else plain ones, else refuses. */
export function fakeLab(answers: Answers = {}): FakeLab {
  const hearing = new Set<(event: LabEvent) => void>();
  const calls: FakeLab['calls'] = [];
  const all = { ...plain, ...answers } as Record<string, ((params: unknown) => unknown) | undefined>;
  return {
    calls,
    async call<M extends LabMethod>(method: M, params: LabParams<M>): Promise<LabReply<M>> {
      calls.push({ method, params });
      const answer = all[method];
      if (answer === undefined) throw new LabError(labFailed('refused', `${method} is not part of this test`));
      return (await answer(params)) as LabReply<M>;
    },
    listen(hear) {
      hearing.add(hear);
      return () => void hearing.delete(hear);
    },
    send: (event) => {
      for (const hear of hearing) hear(event);
    },
  };
}
