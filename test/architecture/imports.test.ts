import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEBT, IMPORT_TABLE } from './import-table.ts';
import { importsOf, roomOf, violations } from './imports.ts';
import { readSource, ROOT, typescriptFiles } from './sources.ts';

const rooms = Object.keys(IMPORT_TABLE);

describe('the import table', () => {
  it('is kept by every file of core, host, renderer, electron and scenarios', () => {
    expect(
      violations(typescriptFiles('core', 'host', 'renderer', 'electron', 'scenarios'), IMPORT_TABLE, DEBT),
    ).toEqual([]);
  });

  it('has a row only for what exists', () => {
    expect(rooms.filter((room) => !existsSync(join(ROOT, room)))).toEqual([]);
  });

  it('has no cycle: a room imports only rooms that stand above its own row', () => {
    for (const [index, room] of rooms.entries()) {
      for (const target of IMPORT_TABLE[room] ?? [])
        expect(rooms.indexOf(target), `${room} -> ${target}`).toBeLessThan(index);
    }
  });

  it('keeps silicon, software and the independent answer apart', () => {
    expect(IMPORT_TABLE['core/cpu']).not.toContain('core/kvm');
    expect(IMPORT_TABLE['core/kvm']).not.toContain('core/cpu');
    expect(IMPORT_TABLE['core/reference']).not.toContain('core/cpu');
    expect(IMPORT_TABLE['core/reference']).not.toContain('core/kvm');
  });

  it('stands in docs/architecture.md word for word', () => {
    const rows = readSource('docs/architecture.md').text.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm);
    const documented = Object.fromEntries(
      [...rows].map(([, room, cell]) => [room, [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name)]),
    );
    expect(documented).toEqual(IMPORT_TABLE);
  });
});

describe('the check itself', () => {
  const found = (path: string, text: string) => violations([{ path, text }], IMPORT_TABLE);

  it.each([
    ['a plain import', 'core/cpu/tlb.ts', `import { run } from '../kvm/run.ts';`],
    ['a type import', 'core/kvm/io/bus.ts', `import type { Tlb } from '../../cpu/tlb.ts';`],
    ['a re-export', 'core/reference/memory.ts', `export { walk } from '../cpu/walk.ts';`],
    ['a dynamic import', 'core/base/words.ts', `const later = await import('../spec/ept.ts');`],
    ['Node in the core', 'core/spec/ept.ts', `import { readFileSync } from 'node:fs';`],
    ['a package in the core', 'core/guest/access.ts', `import * as v from 'valibot';`],
    ['a way around the only door', 'host/cli/main.ts', `import { compare } from '../../core/experiment/compare.ts';`],
    ['a test', 'host/cli/main.ts', `import { sample } from './main.test.ts';`],
    ['a new room', 'core/novel/thing.ts', `import { hi } from '../base/words.ts';`],
  ])('sees %s', (_what, path, text) => {
    expect(found(path, text)).toHaveLength(1);
  });

  it('lets through what the table allows', () => {
    const text = `import { hi } from '../base/words.ts';\nimport type { Entry } from '../spec/ept.ts';\nimport './tlb.ts';`;
    expect(found('core/cpu/walk.ts', text)).toEqual([]);
  });

  it('accepts a debt once, and complains of one that is paid', () => {
    const bad = { path: 'core/cpu/tlb.ts', text: `import { run } from '../kvm/run.ts';` };
    const debt = ['core/cpu/tlb.ts -> core/kvm/run.ts'];
    expect(violations([bad], IMPORT_TABLE, debt)).toEqual([]);
    expect(violations([], IMPORT_TABLE, debt)).toHaveLength(1);
  });

  it('gives a file the deepest room that holds it', () => {
    expect(roomOf('host/contract/exitlab.d.ts', rooms)).toBe('host/contract');
    expect(roomOf('host/cli/main.ts', rooms)).toBe('host');
    expect(importsOf({ path: 'core/a/b/c.ts', text: `import '../../base/words.ts'` })[0]?.to).toBe(
      'core/base/words.ts',
    );
  });
});
