import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildWindow } from './build-window.ts';
import { findElectron } from './find-electron.ts';
import { browserCommand } from './open-browser.ts';

let project = '';
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'exitlab-start-'));
  mkdirSync(join(project, 'node_modules/electron'), { recursive: true });
  writeFileSync(join(project, 'node_modules/electron/package.json'), '{}');
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

describe('the desktop app', () => {
  const find = (change: object = {}, fetched: string | null = 'the network is gone') =>
    findElectron({ env: { DISPLAY: ':0' }, platform: 'linux', root: false, project, ...change }, () =>
      Promise.resolve(fetched),
    );
  const install = (folder: string): void => {
    mkdirSync(join(project, folder), { recursive: true });
    writeFileSync(join(project, folder, 'electron'), '');
    chmodSync(join(project, folder, 'electron'), 0o755);
  };

  it('starts where its binary and a display are', async () => {
    install('node_modules/electron/dist');
    const path = join(project, 'node_modules/electron/dist/electron');
    expect(await find()).toEqual({ path });
    expect(await find({ env: { WAYLAND_DISPLAY: 'wayland-0' } })).toEqual({ path });
    expect(await find({ env: {}, platform: 'darwin' })).toEqual({ path });
  });

  it('starts from another place', async () => {
    install('own');
    const env = { DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: join(project, 'own') };
    expect(await find({ env })).toEqual({ path: join(project, 'own/electron') });
  });

  it.each<[string, object, RegExp]>([
    ['the user wants the browser', { env: { DISPLAY: ':0', EXITLAB_HOST: 'browser' } }, /EXITLAB_HOST/],
    ['there is no display', { env: {} }, /display/],
    ['it is the superuser', { root: true }, /superuser/],
    ['the binary cannot be had', {}, /network is gone/],
  ])('says so when %s', async (_what, change, reason) => {
    const found = await find(change);
    expect(found).toEqual({ reason: expect.stringMatching(reason) });
    expect((found as { reason: string }).reason).not.toContain('\n');
  });

  it('says so when it is not installed', async () => {
    rmSync(join(project, 'node_modules'), { recursive: true });
    expect(await find()).toEqual({ reason: 'Electron is not installed' });
  });

  it('is not fetched without a display', async () => {
    const asked: string[] = [];
    await findElectron({ env: {}, platform: 'linux', root: false, project }, (folder) => {
      asked.push(folder);
      return Promise.resolve(null);
    });
    expect(asked).toEqual([]);
  });
});

describe('the user’s browser', () => {
  const command = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform = 'linux') =>
    browserCommand('http://x', { env, platform });

  it.each<[NodeJS.ProcessEnv, NodeJS.Platform, readonly string[] | null]>([
    [{}, 'linux', null],
    [{ DISPLAY: ':0' }, 'linux', ['xdg-open', 'http://x']],
    [{ BROWSER: 'firefox:lynx' }, 'linux', ['firefox', 'http://x']],
    [{ BROWSER: 'none', DISPLAY: ':0' }, 'linux', null],
    [{}, 'darwin', ['open', 'http://x']],
    [{}, 'win32', ['rundll32', 'url.dll,FileProtocolHandler', 'http://x']],
  ])('with %j on %s is %j', (env, platform, expected) => {
    expect(command(env, platform)).toEqual(expected);
  });
});

describe('the window', () => {
  const said: string[] = [];
  const build = () => buildWindow({ project, window: join(project, 'out'), say: (text) => said.push(text) });
  const provide = (code: string): void => {
    mkdirSync(join(project, 'node_modules/vite/bin'), { recursive: true });
    writeFileSync(join(project, 'node_modules/vite/bin/vite.js'), code);
    writeFileSync(join(project, 'vite.config.ts'), '');
    mkdirSync(join(project, 'renderer'), { recursive: true });
  };
  const BUILDS = `const fs = require('node:fs'); fs.mkdirSync('out', { recursive: true }); fs.writeFileSync('out/index.html', '');`;

  beforeEach(() => void (said.length = 0));

  it('is built when it is missing or its sources changed, else not', async () => {
    provide(BUILDS);
    await build();
    await build();
    expect(said).toHaveLength(1);
    writeFileSync(join(project, 'renderer/main.tsx'), 'new');
    await build();
    expect(said).toHaveLength(2);
  });

  it('that cannot be built says why', async () => {
    provide(`console.error('no such thing'); process.exit(3);`);
    await expect(build()).rejects.toThrow(/could not be built:\nno such thing/);
  });

  it('is taken as it is where nothing builds it', async () => {
    await expect(build()).rejects.toThrow(/npm ci/);
    mkdirSync(join(project, 'out'));
    writeFileSync(join(project, 'out/index.html'), '');
    await build();
    expect(said).toEqual([]);
  });
});
