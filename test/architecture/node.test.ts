import { expect, it } from 'vitest';
import { readSource } from './sources.ts';

it('the tests run on the Node of the lockfile, whatever Node started npm', () => {
  const { optionalDependencies } = JSON.parse(readSource('package.json').text) as { optionalDependencies: object };
  const pinned = Object.entries(optionalDependencies).filter(([name]) => name.startsWith('node-'));
  expect(new Set(pinned.map(([, version]) => `v${version}`))).toEqual(new Set([process.version]));
  expect(process.version).toMatch(/^v24\./);
});

it('every dependency is pinned to one exact version', () => {
  const manifest = JSON.parse(readSource('package.json').text) as Record<string, Record<string, string>>;
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {}))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  }
});
