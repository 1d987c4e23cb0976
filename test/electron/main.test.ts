import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { text } from '../../electron/text.ts';
import { app, BrowserWindow, dialog, ipcMain, Menu, protocol, session, topFrame, type FakeInvoke } from './double.ts';

vi.mock('electron', () => import('./double.ts'));

const { temp } = vi.hoisted(() => ({ temp: { folder: '' } }));
vi.mock('../../electron/folders.ts', async (original) => ({
  ...(await original<typeof import('../../electron/folders.ts')>()),
  get WINDOW() {
    return join(temp.folder, 'window');
  },
}));

const CALL = 'exitlab:call';
const window = (): BrowserWindow => BrowserWindow.all[0]!;
const call = (method: string, params: unknown = {}): Promise<unknown> =>
  ipcMain.invoke(CALL, topFrame(window()), { method, params });
const commands = (): unknown[] => window().webContents.sent.map(({ message }) => message);
const put = (unsaved: string[]): Promise<unknown> => call('window.put', { title: 'Doorbell', unsaved });

beforeAll(async () => {
  temp.folder = mkdtempSync(join(tmpdir(), 'exitlab-main-'));
  mkdirSync(join(temp.folder, 'window'));
  writeFileSync(join(temp.folder, 'window/index.html'), '<!doctype html>');
  process.argv = ['exitlab'];
  process.env['EXITLAB_DATA'] = join(temp.folder, 'data');
  await import('../../electron/main.ts');
});

afterAll(() => {
  delete process.env['EXITLAB_DATA'];
  process.removeAllListeners('SIGTERM');
  process.removeAllListeners('SIGINT');
  rmSync(temp.folder, { recursive: true, force: true });
});

/** One life of the app, in order. */
describe('the main process', () => {
  it('registers its scheme before the app is ready, and nothing else happens before', async () => {
    expect(protocol.schemes.map(({ scheme }) => scheme)).toEqual(['exitlab']);
    expect(protocol.schemes[0]?.privileges).not.toHaveProperty('bypassCSP', true);
    expect(BrowserWindow.all).toEqual([]);
    expect(app.paths['userData']).toBe(join(temp.folder, 'data', 'electron'));
    app.makeReady();
    await vi.waitFor(() => expect(window().did).toContain('load exitlab://app/index.html'));
  });

  it('opens one window in a sandbox without Node', () => {
    expect(BrowserWindow.all).toHaveLength(1);
    const { webPreferences, show } = window().options;
    expect(webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      devTools: false,
    });
    expect(webPreferences?.preload).toMatch(/preload\.cjs$/);
    expect(show).toBe(false);
    window().emit('ready-to-show');
    expect(window().did).toContain('show');
  });

  it.each(['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'])('refuses %s', (event) => {
    expect(window().webContents.prevented(event)).toBe(true);
  });

  it('opens no other window', () => {
    expect(window().webContents.openHandler?.({ url: 'exitlab://app/' } as never)).toEqual({ action: 'deny' });
  });

  it('answers the window', async () => {
    const told = await call('describe');
    expect(told).toMatchObject({
      ok: true,
      reply: { version: '1.2.3', platform: { host: 'electron' }, dialogs: true },
    });
  });

  it.each([
    ['no method', { params: {} }],
    ['a method that does not exist', { method: 'eval', params: {} }],
    ['a method of every object', { method: 'constructor', params: {} }],
    ['params too many', { method: 'describe', params: { more: 1 } }],
    ['no object', 'describe'],
    ['nothing', null],
  ])('refuses a message with %s', async (_, message) => {
    const told = await ipcMain.invoke(CALL, topFrame(window()), message);
    expect(told).toMatchObject({ ok: false, failure: { code: 'bad-message' } });
  });

  it.each<[string, (own: FakeInvoke) => FakeInvoke]>([
    ['another window', (own) => ({ ...own, sender: { id: 999 } })],
    ['a frame that is gone', (own) => ({ ...own, senderFrame: null })],
    [
      'a frame inside the page',
      (own) => ({ ...own, senderFrame: { ...own.senderFrame!, parent: {}, frameTreeNodeId: 7 } }),
    ],
    ['another top frame', (own) => ({ ...own, senderFrame: { ...own.senderFrame!, frameTreeNodeId: 7 } })],
    ['another origin', (own) => ({ ...own, senderFrame: { ...own.senderFrame!, origin: 'https://example.com' } })],
    [
      'another host of the scheme',
      (own) => ({ ...own, senderFrame: { ...own.senderFrame!, origin: 'exitlab://app.evil' } }),
    ],
    ['an opaque origin', (own) => ({ ...own, senderFrame: { ...own.senderFrame!, origin: 'null' } })],
    [
      'another address',
      (own) => ({ ...own, senderFrame: { ...own.senderFrame!, url: 'exitlab://application/index.html' } }),
    ],
  ])('refuses a good message from %s', async (_, change) => {
    const told = await ipcMain.invoke(CALL, change(topFrame(window())), { method: 'describe', params: {} });
    expect(told).toMatchObject({ ok: false, failure: { code: 'refused' } });
  });

  it('has one channel for calls', () => {
    expect([...ipcMain.handlers.keys()]).toEqual([CALL]);
    expect(protocol.handlers.has('exitlab')).toBe(true);
    expect(session.defaultSession.permissionRequest).not.toBeNull();
  });

  it('opens the files it was given as soon as the window has spoken', async () => {
    app.emit('open-file', { preventDefault() {} }, join(temp.folder, 'early.ts'));
    expect(commands()).toEqual([]);
    await put([]);
    await vi.waitFor(() => expect(commands()).toHaveLength(1));
    app.emit('second-instance', {}, ['exitlab', '--flag', 'late.ts'], temp.folder);
    await vi.waitFor(() =>
      expect(commands()).toEqual(
        ['early.ts', 'late.ts'].map((name) => ({
          name: 'shell.command',
          data: { command: 'file.open', argument: join(temp.folder, name) },
        })),
      ),
    );
    expect(window().did).toContain('focus');
  });

  describe('files of the user', () => {
    const at = (name: string): string => join(temp.folder, name);
    const refused = { ok: false, failure: { code: 'refused' } };

    it.each(['early.ts', 'late.ts'])(
      '%s, that the system or a later start gave, can be opened and saved',
      async (name) => {
        writeFileSync(at(name), 'given');
        expect(await call('files.open', { path: at(name) })).toMatchObject({ ok: true, reply: { text: 'given' } });
        const saved = await call('files.save', { path: at(name), text: 'mine', base: null });
        expect(saved).toMatchObject({ ok: true });
        expect(readFileSync(at(name), 'utf8')).toBe('mine');
      },
    );

    it('any other is refused with a sentence, and left as it is', async () => {
      writeFileSync(at('.bashrc'), 'theirs');
      expect(await call('files.open', { path: at('.bashrc') })).toMatchObject(refused);
      const saved = await call('files.save', { path: at('.bashrc'), text: 'mine', base: null });
      expect(saved).toMatchObject({ failure: { message: expect.stringContaining('you have not chosen this file') } });
      expect(await call('files.save', { path: at('new.ts'), text: 'mine', base: null })).toMatchObject(refused);
      expect(readFileSync(at('.bashrc'), 'utf8')).toBe('theirs');
    });

    it('the path of a draft grants nothing', async () => {
      const put = { key: 'draft', path: at('.bashrc'), name: '.bashrc', text: 'mine', base: null, by: 'w', seen: null };
      expect(await call('drafts.put', put)).toMatchObject({ ok: true });
      expect(await call('drafts.get')).toMatchObject({ ok: true });
      expect(await call('files.save', { path: at('.bashrc'), text: 'mine', base: null })).toMatchObject(refused);
      await call('drafts.put', { ...put, text: null });
    });

    it('one chosen in the open dialog can be saved, and is remembered in a file of its own', async () => {
      writeFileSync(at('chosen.ts'), 'old');
      dialog.paths.push(at('chosen.ts'));
      expect(await call('files.open', { path: null })).toMatchObject({ ok: true, reply: { text: 'old' } });
      expect(await call('files.save', { path: at('chosen.ts'), text: 'new', base: null })).toMatchObject({ ok: true });
      const { paths } = JSON.parse(readFileSync(at('data/granted.json'), 'utf8')) as { paths: string[] };
      expect(paths).toContain(at('chosen.ts'));
      expect(paths).not.toContain(at('.bashrc'));
    });
  });

  it('saves by the system’s dialog, and the menu lists the file', async () => {
    const path = join(temp.folder, 'bell.ts');
    dialog.paths.push(path);
    const saved = await call('files.saveAs', { name: 'bell.ts', text: 'const a = 1;\n', overwrite: false });
    expect(saved).toMatchObject({ ok: true, reply: { path, name: 'bell.ts' } });
    expect(readFileSync(path, 'utf8')).toBe('const a = 1;\n');
    expect(dialog.saves.at(-1)).toMatchObject({ defaultPath: 'bell.ts' });
    await vi.waitFor(() => expect(JSON.stringify(Menu.current?.template)).toContain(JSON.stringify(path)));
    expect(app.recent.at(-1)).toEqual(path);
    expect(await call('files.save', { path, text: 'const a = 2;\n', base: null })).toMatchObject({ ok: true });
  });

  it('answers null when the user declines a dialog', async () => {
    expect(await call('files.open', { path: null })).toEqual({ ok: true, reply: null });
  });

  it('starts the page again when its process ends, and asks when it keeps ending', async () => {
    const contents = window().webContents;
    contents.crash('oom');
    contents.crash('crashed');
    expect(contents.reloads).toBe(2);
    expect(dialog.messages.at(-1)).toMatchObject({ type: 'info', message: text.crashed.message });
    dialog.buttons.push(0);
    contents.crash('crashed');
    expect(dialog.messages.at(-1)).toMatchObject({ type: 'error', message: text.crashed.again });
    await vi.waitFor(() => expect(contents.reloads).toBe(3));
  });

  it('asks when the page hangs, and takes the question back when it answers', async () => {
    const asked = dialog.messages.length;
    window().emit('unresponsive');
    window().emit('unresponsive');
    expect(dialog.messages).toHaveLength(asked + 1);
    window().emit('responsive');
    expect(dialog.messages.at(-1)?.signal?.aborted).toBe(true);
    await Promise.resolve();
  });

  describe('with unsaved texts', () => {
    const asked = (): number => dialog.messages.filter(({ type }) => type === 'warning').length;

    it('does not close when the user cancels', async () => {
      await put(['a.ts', 'b.ts']);
      const before = asked();
      dialog.buttons.push(2);
      window().close();
      await vi.waitFor(() => expect(asked()).toBe(before + 1));
      expect(dialog.messages.at(-1)?.detail).toContain('a.ts\nb.ts');
      expect(window().isDestroyed()).toBe(false);
    });

    it('never lets the page keep the window open by itself', () => {
      expect(window().webContents.prevented('will-prevent-unload')).toBe(true);
    });

    it('has them saved, and stays when the user declines the file dialog', async () => {
      dialog.buttons.push(0);
      window().close();
      await vi.waitFor(() =>
        expect(commands().at(-1)).toEqual({
          name: 'shell.command',
          data: { command: 'file.saveAll', argument: null },
        }),
      );
      await call('files.saveAs', { name: 'a.ts', text: '', overwrite: false });
      // A later save is no close.
      await put([]);
      expect(window().isDestroyed()).toBe(false);
    });

    it('has them saved, then closes; the app ends when everything is written', async () => {
      await put(['a.ts']);
      dialog.buttons.push(0);
      app.quit();
      await vi.waitFor(() => expect(commands().at(-1)).toMatchObject({ data: { command: 'file.saveAll' } }));
      expect(window().isDestroyed()).toBe(false);
      await put([]);
      expect(window().isDestroyed()).toBe(true);
      await vi.waitFor(() => expect(app.ended).toBe(true));
      expect(ipcMain.handlers.size).toBe(0);
      expect(JSON.parse(readFileSync(join(temp.folder, 'data/window.json'), 'utf8'))).toMatchObject({
        schema: 'exitlab.window/1',
        bounds: { width: 1440, height: 900 },
      });
    });
  });
});
