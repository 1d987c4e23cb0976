import type { StateSet } from '../base/state.ts';
import type { Geometry } from '../cost/cpu-model.ts';
import type { Recorder } from '../events/recorder.ts';
import type { HostMemory } from '../memory/host-memory.ts';
import { Caches } from './caches.ts';
import type { CpuConfig } from './config.ts';
import { Contexts } from './contexts.ts';
import { Eviction } from './eviction.ts';
import type { GuestMode } from './guest-mode.ts';
import { GuestWalker } from './guest-walk.ts';
import { IdentityWalker } from './identity-walk.ts';
import { Invalidation } from './invalidate.ts';
import { LegacyWalker } from './legacy-walk.ts';
import { LineCache } from './line-cache.ts';
import { EptWalker } from './nested-ept.ts';
import { NptWalker } from './nested-npt.ts';
import type { NestedWalker } from './nested.ts';
import { PaeRegisters } from './pae-registers.ts';
import type { Tally } from './tally.ts';
import { Translator } from './translate.ts';

/** The parts of one vCPU's translation hardware, wired together. */
interface Silicon {
  readonly caches: Caches;
  readonly contexts: Contexts;
  readonly lines: LineCache;
  readonly nested: NestedWalker | null;
  /** The EPT walker where EPT is on: it has the page-modification log. */
  readonly ept: EptWalker | null;
  readonly translator: Translator;
  readonly invalidation: Invalidation;
  readonly eviction: Eviction;
}

export function buildSilicon(
  geometry: Geometry,
  config: CpuConfig,
  mode: GuestMode,
  memory: HostMemory,
  tally: Tally,
  events: Recorder,
): Silicon {
  const caches = new Caches(geometry, config);
  const contexts = new Contexts();
  const lines = new LineCache(geometry.l1d, geometry.l2, geometry.l3, config.walkerLoadsThroughL1D);
  const ept = config.nested === 'ept' ? new EptWalker(config, memory, lines, caches, tally, events) : null;
  const npt = config.nested === 'npt' ? new NptWalker(config, memory, lines, caches, tally, events) : null;
  const nested = ept ?? npt;
  const walkers = {
    long: new GuestWalker(config, memory, lines, caches, tally, events, nested),
    legacy: new LegacyWalker(config, memory, lines, tally, events, nested),
    identity: new IdentityWalker(),
  };
  const pae = new PaeRegisters(config, memory, lines, tally, nested);
  const translator = new Translator(config, mode, caches, walkers, pae, nested, tally, events);
  const invalidation = new Invalidation(caches, contexts, translator, events);
  const eviction = new Eviction(config.evictEvery, config.seed, caches, lines);
  return { caches, contexts, lines, nested, ept, translator, invalidation, eviction };
}

/** Registers everything that decides how the next access is served. */
export function registerSilicon({ caches, lines, ept, translator, eviction }: Silicon, state: StateSet): void {
  caches.register(state);
  lines.register(state);
  eviction.register(state);
  state.addState(() => [translator.pae.at]);
  if (ept !== null) state.addState(() => [ept.pml]);
}
