import { describe, expect, it } from 'vitest';
import { StateSet } from '../base/state.ts';
import { cpuModels } from '../cost/cpu-models.ts';
import { Caches } from './caches.ts';
import { cpuConfig } from './config.ts';

describe.each(cpuModels.map((model) => [model.id, model] as const))('the caches of %s', (_, { geometry, vendor }) => {
  const build = () => {
    const caches = new Caches(geometry, cpuConfig(geometry, { nested: vendor === 'amd' ? 'npt' : 'ept' }));
    const state = new StateSet();
    caches.register(state);
    return { caches, state };
  };

  it('are state, each of them: a loop that still fills one has no fixed point', () => {
    const { caches, state } = build();
    const { tlbs, guestPsc, nestedPsc, nestedTlb, tableCache } = caches;
    const arrays = [...tlbs.map(({ tags }) => tags), guestPsc.tags, nestedPsc.tags, nestedTlb, tableCache];
    for (const tags of arrays.filter(({ slots }) => slots > 0)) {
      const before = state.snapshot();
      expect(tags.insertNew(0, 0, 0x1234, 1 << 13)).toBeGreaterThan(0);
      expect(state.sameState(before)).toBe(false);
    }
  });

  it('are all emptied by clear', () => {
    const { caches, state } = build();
    const empty = state.snapshot();
    for (const { tags } of caches.tlbs) tags.insertNew(0, 0, 0x1234, 1 << 13);
    caches.clear();
    expect(state.sameState(empty)).toBe(true);
  });
});
