import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_ROWS } from '../../core/index.ts';
import { Pyramid, type Stretch } from './pyramid.ts';

const plain = (values: readonly number[], kinds: readonly number[], from: number, to: number): Stretch => {
  const out: Stretch = { low: Infinity, high: -Infinity, kinds: 0, moreKinds: 0 };
  for (let n = from; n < to; n++) {
    if (!Number.isNaN(values[n]!)) {
      out.low = Math.min(out.low, values[n]!);
      out.high = Math.max(out.high, values[n]!);
    }
    if (kinds[n]! < 32) out.kinds |= 1 << kinds[n]!;
    else out.moreKinds |= 1 << (kinds[n]! - 32);
  }
  return out;
};

describe('Pyramid', () => {
  it('has room for every kind of event', () => {
    expect(EVENT_ROWS.length).toBeLessThanOrEqual(64);
  });

  it('sees in every stretch what a look at each event sees, in whatever pieces it was built', () => {
    const event = fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 999 }), fc.constant(Number.NaN)),
      fc.integer({ min: 0, max: 63 }),
    );
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 700 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (events, shares) => {
          const values = events.map(([value]) => value);
          const kinds = events.map(([, kind]) => kind);
          const pyramid = new Pyramid(new Float64Array(values), new Uint8Array(kinds));
          const places = shares.map((share) => Math.floor(share * events.length));
          pyramid.extend(places[0]!);
          pyramid.extend(events.length);
          const out: Stretch = { low: 0, high: 0, kinds: 0, moreKinds: 0 };
          for (const [one, other] of [places.slice(1, 3), places.slice(3, 5), [0, events.length]]) {
            const [from, to] = [Math.min(one!, other!), Math.max(one!, other!)];
            pyramid.look(from, to, out);
            expect(out).toEqual(plain(values, kinds, from, to));
          }
        },
      ),
    );
  });
});
