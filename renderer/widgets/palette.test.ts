import { describe, expect, it } from 'vitest';
import { EVENT_ROWS, STAGES } from '../../core/index.ts';
import { EXIT_REASON, SVM_EXIT } from '../../core/spec/vm-exit.ts';
import {
  EXIT_MEANINGS,
  INK,
  NEUTRAL,
  OTHER_EXIT,
  STAGE_PAINT,
  stageOfEvent,
  type Theme,
  WAIT_PAINT,
  WITHOUT_WORK,
} from './palette.ts';

type Rgb = readonly [number, number, number];

const linear = (hex: string): Rgb => {
  const part = (at: number): number => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
};

/** Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB. */
const VISION: Readonly<Record<string, readonly Rgb[]>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const seen = (hex: string, vision: readonly Rgb[]): Rgb => {
  const rgb = linear(hex);
  const [r, g, b] = vision.map((row) => Math.min(1, Math.max(0, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2])));
  return [r!, g!, b!];
};

function lab([r, g, b]: Rgb): Rgb {
  const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIE 1976 colour difference as somebody with that vision sees it. */
const distance = (one: string, other: string, vision: readonly Rgb[]): number => {
  const [a, b] = [lab(seen(one, vision)), lab(seen(other, vision))];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
};

const luminance = (hex: string): number => {
  const [r, g, b] = linear(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

describe('colours of the stages', () => {
  for (const theme of ['light', 'dark'] satisfies Theme[]) {
    for (const [name, vision] of Object.entries(VISION)) {
      it(`are told apart with ${name}, ${theme}`, () => {
        for (const [n, one] of STAGES.entries()) {
          for (const [m, other] of STAGES.slice(n + 1).entries()) {
            const apart = distance(STAGE_PAINT[one][theme], STAGE_PAINT[other][theme], vision);
            // Neighbours in a stack touch and must differ more.
            expect(apart, `${one} and ${other}`).toBeGreaterThan(m === 0 ? 20 : 10);
          }
        }
      });
    }
  }

  it('stand out from the ground of the dark theme as graphics must (3:1)', () => {
    for (const stage of STAGES) {
      const ratio = (luminance(STAGE_PAINT[stage].dark) + 0.05) / (luminance(INK.dark.ground) + 0.05);
      expect(ratio, stage).toBeGreaterThan(3);
    }
  });
});

describe('colours of the exits', () => {
  const paints = [...EXIT_MEANINGS.map(({ paint }) => paint), OTHER_EXIT];

  it.each(Object.entries(VISION))('are told apart with %s', (_name, vision) => {
    for (const theme of ['light', 'dark'] satisfies Theme[]) {
      for (const [n, one] of paints.entries()) {
        for (const other of paints.slice(n + 1)) {
          // A hatched patch is told from a plain one by its stripes.
          if (one.hatched !== other.hatched) continue;
          expect(distance(one[theme], other[theme], vision), `${one[theme]} and ${other[theme]}`).toBeGreaterThan(12);
        }
      }
    }
  });

  it('are there for each exit that the model can raise', () => {
    const named = new Set(EXIT_MEANINGS.flatMap(({ reasons }) => reasons));
    const grey = ['INVPCID'];
    const all = [...Object.keys(EXIT_REASON), ...Object.keys(SVM_EXIT)];
    expect(all.filter((reason) => !named.has(reason) && !grey.includes(reason))).toEqual([]);
  });

  it('name each reason once', () => {
    const named = EXIT_MEANINGS.flatMap(({ reasons }) => reasons);
    expect(new Set(named).size).toBe(named.length);
  });
});

describe('colours of what vCPUs wait for, work and have no work', () => {
  const paints = [...Object.values(WAIT_PAINT), NEUTRAL, WITHOUT_WORK];

  it.each(Object.entries(VISION))('are told apart with %s', (_name, vision) => {
    for (const theme of ['light', 'dark'] satisfies Theme[]) {
      for (const [n, one] of paints.entries()) {
        for (const other of paints.slice(n + 1)) {
          // A hatched patch is told from a plain one by its stripes.
          if (one.hatched !== other.hatched) continue;
          expect(distance(one[theme], other[theme], vision), `${one[theme]} and ${other[theme]}`).toBeGreaterThan(12);
        }
      }
    }
  });
});

describe('stage of an event', () => {
  it('is known for every kind', () => {
    expect(EVENT_ROWS.map(([name]) => name).filter((name) => stageOfEvent(name) === null)).toEqual([]);
  });
});
