import { extractAll, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDist, packDir } from '../../electron/package/package-dir.ts';
import { buildShell, buildWindow } from '../../host/web/build-window.ts';
import { makeStubDist } from './stub-dist.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const readManifest = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'));
const say = (): void => {};

/** Packages that the main process needs, with what they need; the window's are part of its files. */
const PACKAGES = [
  '@jitl/quickjs-ffi-types',
  '@jitl/quickjs-wasmfile-release-sync',
  'hyparquet',
  'hyparquet-writer',
  'jsep',
  'quickjs-emscripten-core',
  'typescript',
  'valibot',
];

// The packer names the folder and the binary as the platform does.
describe.runIf(process.platform === 'linux')('the packed app', () => {
  let folder: string;
  let unpacked: string;
  let files: readonly string[];
  const archive = (): string => join(unpacked, 'resources/app.asar');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exitlab-packed-'));
    await buildWindow({ project: PROJECT, window: join(PROJECT, 'out/renderer'), say });
    await buildShell({ project: PROJECT, say });
    const { version } = readManifest(join(PROJECT, 'node_modules/electron/package.json')) as { version: string };
    makeStubDist(join(folder, 'dist'), version);
    await packDir({ project: PROJECT, dist: join(folder, 'dist'), output: join(folder, 'release') });
    unpacked = join(folder, 'release/linux-unpacked');
    files = listPackage(archive(), { isPack: false });
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds what is built, its manifest, and the packages it needs', () => {
    expect([...new Set(files.map((name) => name.split('/')[1]))].sort()).toEqual([
      'node_modules',
      'out',
      'package.json',
    ]);
    expect([...new Set(files.flatMap((name) => /^\/out\/[^/]+/.exec(name) ?? []))].sort()).toEqual([
      '/out/main',
      '/out/preload',
      '/out/renderer',
    ]);
    const packages = files.flatMap((name) => /^\/node_modules\/((?:@[^/]+\/)?[^@/][^/]*)$/.exec(name)?.[1] ?? []);
    expect(packages.sort()).toEqual(PACKAGES);
  });

  it('holds the entries, the window and the scripts, and no sources, tests or stamps', () => {
    for (const name of [
      'main/main.js',
      'main/worker.js',
      'main/compile-worker.js',
      'preload/preload.cjs',
      'renderer/index.html',
    ])
      expect(files).toContain(`/out/${name}`);
    for (const name of readdirSync(join(PROJECT, 'scenarios')).filter((file) => file.endsWith('.ts')))
      expect(files).toContain(`/out/main/scenarios/${name}`);
    const own = files.filter((name) => name.startsWith('/out/') && !name.includes('/scenarios/'));
    expect(own.filter((name) => /\.ts$|\.tsx$|\.map$|\.built$|test/.test(name))).toEqual([]);
  });

  it('has nothing lying beside the archive', () => {
    expect(readdirSync(join(unpacked, 'resources'))).toEqual(['app.asar']);
  });

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(join(unpacked, 'exitlab'));
    const expected: readonly [FuseV1Options, FuseState][] = [
      [FuseV1Options.RunAsNode, FuseState.DISABLE],
      [FuseV1Options.EnableCookieEncryption, FuseState.ENABLE],
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable, FuseState.DISABLE],
      [FuseV1Options.EnableNodeCliInspectArguments, FuseState.DISABLE],
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation, FuseState.ENABLE],
      [FuseV1Options.OnlyLoadAppFromAsar, FuseState.ENABLE],
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot, FuseState.DISABLE],
      [FuseV1Options.GrantFileProtocolExtraPrivileges, FuseState.DISABLE],
    ];
    for (const [fuse, state] of expected) expect(wire[fuse], FuseV1Options[fuse]).toBe(state);
  });

  it('starts and runs a scenario from the files in the archive alone', async () => {
    const inside = join(folder, 'inside');
    extractAll(archive(), inside);
    const manifest = readManifest(join(inside, 'package.json'));
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest).not.toHaveProperty('scripts');
    const script = fileURLToPath(new URL('./run-packed.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, join(inside, manifest['main'] as string)], {
      env: { ...process.env, EXITLAB_DATA: join(folder, 'data') },
    });
    const scenarios = readdirSync(join(PROJECT, 'scenarios')).filter((name) => /(?<!\.test|\.d)\.ts$/.test(name));
    expect(JSON.parse(stdout)).toEqual({
      gallery: scenarios.length,
      events: expect.arrayContaining(['run.result', 'run.done']) as unknown,
      failures: [],
      index: 200,
      errors: [],
    });
  }, 60_000);
});

describe('where the binary is missing', () => {
  it('says what to do', () => {
    const found = findDist({}, join(PROJECT, 'nowhere'));
    expect(found).toEqual({ missing: expect.stringMatching(/binary is missing.*ELECTRON_DIST/) as unknown });
    expect(findDist({ ELECTRON_DIST: '/nowhere' }, PROJECT)).toEqual({
      missing: expect.stringContaining('/nowhere, which is no unpacked Electron') as unknown,
    });
  });
});
