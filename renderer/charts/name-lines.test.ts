import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameLines } from './name-lines.ts';

describe('a name beside its bar', () => {
  it.each([
    ['ept/fast-mmio', 20, ['ept/fast-mmio']],
    ['sapphire-rapids/v7.0/fast-mmio', 20, ['sapphire-rapids/', 'v7.0/fast-mmio']],
    ['exit to userspace', 10, ['exit to', 'userspace']],
    ['ept/sapphire-rapids/v7.0/mitigations=none/fast-mmio', 20, ['…0/mitigations=none/', 'fast-mmio']],
    ['0123456789abcdef', 8, ['…9abcdef']],
  ])('%s in %i characters', (name, room, lines) => {
    expect(nameLines(name, room)).toEqual(lines);
  });

  it('is never more than two lines, none longer than the room, and ends as the name does', () => {
    const names = fc.string({ unit: fc.constantFrom('a', 'b', '/', ' ', '+'), minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(names, fc.integer({ min: 4, max: 40 }), (name, room) => {
        fc.pre(/[ab]/.test(name));
        const lines = nameLines(name, room);
        expect(lines.length).toBeGreaterThan(0);
        expect(lines.length).toBeLessThanOrEqual(2);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(room);
        expect(name.trim().endsWith(lines.at(-1)!.replace('…', '').trim())).toBe(true);
      }),
    );
  });
});
