import { parseConfigurations, prepare, type RunResult, type Selection } from '../../core/index.ts';
import { compileScript } from '../../host/sandbox/compile/compile.ts';
import { DEFAULT_LIMITS } from '../../host/sandbox/limits.ts';
import { Session } from '../../host/sandbox/session.ts';

/** What a script did. */
export interface Played {
  readonly messages: readonly string[];
  /** The mistake of the script that ended it, or null. */
  readonly error: string | null;
  readonly result: RunResult;
}

/** Runs a script on a real machine, given the bodies of its two functions; a sentence when it does not come to a guest. */
export async function play(setup: string, guest: string, on: Selection = {}): Promise<Played | string> {
  const text = `scenario({ title: 't', setup(vm) { ${setup} },\nguest(cpu, _context, host) {\n${guest}\n} });`;
  const compiled = compileScript(text, 'a.ts');
  if (!compiled.ok) return compiled.error[0]!.message;
  const messages: string[] = [];
  const session = await Session.open(compiled.value, {
    seed: 1,
    limits: DEFAULT_LIMITS,
    hostPage: '4K',
    onMessage: (message) => messages.push(message),
    onProgress: () => {},
  });
  if (!session.ok) return session.error.message;
  const done = session.value.setup();
  if (!done.ok) return done.error.message;
  const configurations = parseConfigurations({ mmus: ['ept'], designs: ['userspace'], ...on });
  if (!configurations.ok) return configurations.error;
  const run = prepare(configurations.value[0]!, done.value);
  if (!run.ok) return run.error;
  const ended = session.value.guest(run.value);
  return { messages, error: ended.ok ? null : ended.error.message, result: run.value.result() };
}
