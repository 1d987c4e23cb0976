import { estimated } from '../cited.ts';

// Rows that rest on one estimate and serve several models. Geometries and latencies stand in each model, equal or not: each was read in a
// dump of its own.

/** A walk beside its loads, where nobody measured it: what fits Zen 4's pointer chase, with more room. */
export const WALK_AS_ZEN4 = estimated(20, [10, 30], 'estimate: as fitted on Zen 4');

/** #PF and IRET where only their sum is estimated. */
export const faultShares = (total: number) => ({
  pf: estimated(Math.round(total * 0.68), [total * 0.45, total * 0.9], `estimate: share of ${total} for #PF and IRET`),
  iret: estimated(
    Math.round(total * 0.32),
    [total * 0.22, total * 0.45],
    `estimate: share of ${total} for #PF and IRET`,
  ),
});

/** What is estimated of every Intel core from Haswell on alike. */
export const SINCE_HASWELL = {
  walkFixed: estimated(15, [8, 25], 'estimate: about as fitted on Zen 4'),
  vmread: estimated(25, [20, 50], 'recalled: 20 to 50 from Haswell on'),
  vmwrite: estimated(30, [20, 50], 'recalled: 20 to 50 from Haswell on'),
};
