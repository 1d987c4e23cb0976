// A double of the electron module: as much of it as the shell uses, with the behaviour that the shell counts on. Typed by electron.d.ts,
// so that a signature that changes there fails the type check. Import it only through vi.mock or a resolve hook.
import { EventEmitter } from 'node:events';
import type * as Electron from 'electron';

/** Electron's `on` has an overload for each event; returning never, one signature stands for all. */
class Emitter {
  private readonly emitter = new EventEmitter();

  on(name: string, listener: (...args: never[]) => void): never {
    this.emitter.on(name, listener as (...args: unknown[]) => void);
    return this as never;
  }

  once(name: string, listener: (...args: never[]) => void): never {
    this.emitter.once(name, listener as (...args: unknown[]) => void);
    return this as never;
  }

  emit(name: string, ...args: unknown[]): boolean {
    return this.emitter.emit(name, ...args);
  }

  /** Emits an event that can be prevented, and says whether it was. */
  prevented(name: string, ...args: unknown[]): boolean {
    const event = { defaultPrevented: false, preventDefault: () => void (event.defaultPrevented = true) };
    this.emitter.emit(name, event, ...args);
    return event.defaultPrevented;
  }
}

class App
  extends Emitter
  implements
    Pick<
      Electron.App,
      | 'on'
      | 'whenReady'
      | 'setPath'
      | 'quit'
      | 'exit'
      | 'getVersion'
      | 'isPackaged'
      | 'addRecentDocument'
      | 'requestSingleInstanceLock'
    >
{
  isPackaged = true;
  first = true;
  ended = false;
  exitCode: number | undefined;
  readonly paths: Record<string, string> = {};
  readonly recent: string[] = [];
  /** What was done before and after the app was ready. */
  isReady = false;
  makeReady: () => void = () => {};
  private readonly ready = new Promise<void>((resolve) => {
    this.makeReady = () => {
      this.isReady = true;
      resolve();
    };
  });

  whenReady(): Promise<void> {
    return this.ready;
  }
  setPath(name: string, path: string): void {
    this.paths[name] = path;
  }
  getVersion(): string {
    return '1.2.3';
  }
  addRecentDocument(path: string): void {
    this.recent.push(path);
  }
  requestSingleInstanceLock(): boolean {
    return this.first;
  }
  exit(code?: number): void {
    this.exitCode = code ?? 0;
  }
  /** Closes every window, each of which may refuse; then the app ends unless that is prevented. */
  quit(): void {
    for (const window of BrowserWindow.all) if (!window.isDestroyed()) window.closeQuietly();
    if (BrowserWindow.all.some((window) => !window.isDestroyed())) return;
    if (!this.prevented('will-quit')) this.ended = true;
  }
}

let ids = 0;

class WebContents
  extends Emitter
  implements
    Pick<
      Electron.WebContents,
      'id' | 'on' | 'send' | 'reload' | 'isCrashed' | 'setWindowOpenHandler' | 'forcefullyCrashRenderer'
    >
{
  readonly id = ++ids;
  readonly sent: { readonly channel: string; readonly message: unknown }[] = [];
  reloads = 0;
  crashed = false;
  openHandler: ((details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse) | undefined;
  readonly mainFrame = { frameTreeNodeId: 100 + this.id, parent: null, origin: 'null', url: '' };

  send(channel: string, ...args: unknown[]): void {
    this.sent.push({ channel, message: args[0] });
  }
  reload(): void {
    this.reloads++;
    this.crashed = false;
  }
  isCrashed(): boolean {
    return this.crashed;
  }
  setWindowOpenHandler(handler: (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse): void {
    this.openHandler = handler;
  }
  forcefullyCrashRenderer(): void {
    this.crash('crashed');
  }
  crash(reason: Electron.RenderProcessGoneDetails['reason']): void {
    this.crashed = true;
    this.emit('render-process-gone', {}, { reason, exitCode: 1 } satisfies Electron.RenderProcessGoneDetails);
  }
}

export class BrowserWindow
  extends Emitter
  implements
    Pick<
      Electron.BrowserWindow,
      | 'on'
      | 'once'
      | 'close'
      | 'show'
      | 'focus'
      | 'restore'
      | 'maximize'
      | 'isMaximized'
      | 'isMinimized'
      | 'isDestroyed'
      | 'getNormalBounds'
      | 'loadURL'
    >
{
  static readonly all: BrowserWindow[] = [];
  readonly webContents = new WebContents();
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly did: string[] = [];
  bounds: Electron.Rectangle;
  maximized = false;
  minimized = false;
  private gone = false;

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    this.options = options;
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.bounds = { x, y, width, height };
    BrowserWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }

  loadURL(url: string): Promise<void> {
    this.did.push(`load ${url}`);
    Object.assign(this.webContents.mainFrame, { url, origin: url.split('/').slice(0, 3).join('/') });
    return Promise.resolve();
  }
  show(): void {
    this.did.push('show');
  }
  focus(): void {
    this.did.push('focus');
  }
  restore(): void {
    this.did.push('restore');
  }
  maximize(): void {
    this.maximized = true;
  }
  isMaximized(): boolean {
    return this.maximized;
  }
  isMinimized(): boolean {
    return this.minimized;
  }
  isDestroyed(): boolean {
    return this.gone;
  }
  getNormalBounds(): Electron.Rectangle {
    return this.bounds;
  }
  close(): void {
    this.closeQuietly();
    if (BrowserWindow.all.every((window) => window.isDestroyed())) app.emit('window-all-closed');
  }
  closeQuietly(): void {
    if (this.gone || this.prevented('close')) return;
    this.gone = true;
    this.emit('closed');
  }
}

type InvokeListener = (event: Electron.IpcMainInvokeEvent, ...args: never[]) => unknown;

class IpcMain implements Pick<Electron.IpcMain, 'handle' | 'removeHandler'> {
  readonly handlers = new Map<string, InvokeListener>();

  handle(channel: string, listener: InvokeListener): void {
    if (this.handlers.has(channel)) throw new Error(`a second handler for '${channel}'`);
    this.handlers.set(channel, listener);
  }
  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }
  /** A message as a frame sends it; both ends of it are copied, as they are between processes. */
  async invoke(channel: string, event: Partial<FakeInvoke>, message: unknown): Promise<unknown> {
    const handler = this.handlers.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    return structuredClone(await handler(event as never, structuredClone(message) as never));
  }
}

export interface FakeInvoke {
  readonly sender: { readonly id: number };
  readonly senderFrame: {
    readonly frameTreeNodeId: number;
    readonly parent: unknown;
    readonly origin: string;
    readonly url: string;
  } | null;
}

class Protocol implements Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'> {
  schemes: readonly Electron.CustomScheme[] = [];
  readonly handlers = new Map<string, (request: GlobalRequest) => GlobalResponse | Promise<GlobalResponse>>();

  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void {
    if (app.isReady) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    this.schemes = schemes;
  }
  handle(scheme: string, handler: (request: GlobalRequest) => GlobalResponse | Promise<GlobalResponse>): void {
    if (!app.isReady) throw new Error('protocol can only be used after app is ready');
    this.handlers.set(scheme, handler);
  }
}

type Handler<K extends keyof Electron.Session> = Parameters<
  Extract<Electron.Session[K], (...args: never) => unknown>
>[0];

class Session
  extends Emitter
  implements
    Pick<
      Electron.Session,
      | 'on'
      | 'setPermissionRequestHandler'
      | 'setPermissionCheckHandler'
      | 'setDevicePermissionHandler'
      | 'setDisplayMediaRequestHandler'
    >
{
  permissionRequest: Handler<'setPermissionRequestHandler'> = null;
  permissionCheck: Handler<'setPermissionCheckHandler'> = null;
  devicePermission: Handler<'setDevicePermissionHandler'> = null;
  displayMedia: Handler<'setDisplayMediaRequestHandler'> = null;
  beforeRequest:
    ((details: { readonly url: string }, answer: (response: Electron.CallbackResponse) => void) => void) | null = null;
  readonly webRequest = {
    onBeforeRequest: (listener: NonNullable<Session['beforeRequest']>): void => void (this.beforeRequest = listener),
  };

  setPermissionRequestHandler(handler: Handler<'setPermissionRequestHandler'>): void {
    this.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler: Handler<'setPermissionCheckHandler'>): void {
    this.permissionCheck = handler;
  }
  setDevicePermissionHandler(handler: Handler<'setDevicePermissionHandler'>): void {
    this.devicePermission = handler;
  }
  setDisplayMediaRequestHandler(handler: Handler<'setDisplayMediaRequestHandler'>): void {
    this.displayMedia = handler;
  }
}

type WithWindow<O> = [Electron.BaseWindow, O] | [O];

class Dialog implements Pick<Electron.Dialog, 'showMessageBox' | 'showOpenDialog' | 'showSaveDialog' | 'showErrorBox'> {
  /** Messages shown, and what the user chooses in each: numbers of buttons, then paths (null: declined). */
  readonly messages: Electron.MessageBoxOptions[] = [];
  readonly errors: string[] = [];
  readonly saves: Electron.SaveDialogOptions[] = [];
  readonly buttons: number[] = [];
  readonly paths: (string | null)[] = [];

  async showMessageBox(...args: WithWindow<Electron.MessageBoxOptions>): Promise<Electron.MessageBoxReturnValue> {
    const options = args.at(-1) as Electron.MessageBoxOptions;
    this.messages.push(options);
    const button = this.buttons.shift();
    if (button === undefined && options.signal !== undefined) {
      const { signal } = options;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
    return { response: button ?? options.cancelId ?? 0, checkboxChecked: false };
  }
  showOpenDialog(..._: WithWindow<Electron.OpenDialogOptions>): Promise<Electron.OpenDialogReturnValue> {
    const path = this.paths.shift() ?? null;
    return Promise.resolve({ canceled: path === null, filePaths: path === null ? [] : [path] });
  }
  showSaveDialog(...args: WithWindow<Electron.SaveDialogOptions>): Promise<Electron.SaveDialogReturnValue> {
    this.saves.push(args.at(-1) as Electron.SaveDialogOptions);
    const path = this.paths.shift() ?? null;
    return Promise.resolve({ canceled: path === null, filePath: path ?? '' });
  }
  showErrorBox(title: string, content: string): void {
    this.errors.push(`${title}: ${content}`);
  }
}

type Template = Parameters<(typeof Electron.Menu)['buildFromTemplate']>[0];

export class Menu {
  static current: Menu | null = null;
  readonly template: Template;

  constructor(template: Template) {
    this.template = template;
  }
  static buildFromTemplate(template: Template): Menu {
    return new Menu(template);
  }
  static setApplicationMenu(menu: Menu | null): void {
    Menu.current = menu;
  }
}

class Bridge implements Pick<Electron.ContextBridge, 'exposeInMainWorld'> {
  readonly worlds: Record<string, unknown> = {};

  exposeInMainWorld(key: string, api: unknown): void {
    this.worlds[key] = api;
  }
}

class IpcRenderer extends Emitter implements Pick<Electron.IpcRenderer, 'on' | 'off' | 'invoke'> {
  readonly invoked: unknown[][] = [];
  readonly offs: string[] = [];

  invoke(...args: unknown[]): Promise<unknown> {
    this.invoked.push(args);
    return Promise.resolve({ ok: true, reply: null });
  }
  off(name: string, _: (...args: never[]) => void): never {
    this.offs.push(name);
    return this as never;
  }
}

export const app = new App();
export const ipcMain = new IpcMain();
export const protocol = new Protocol();
export const session = { defaultSession: new Session() };
export const dialog = new Dialog();
export const contextBridge = new Bridge();
export const ipcRenderer = new IpcRenderer();
export const nativeTheme = { shouldUseDarkColors: true } satisfies Pick<Electron.NativeTheme, 'shouldUseDarkColors'>;
export const screen = {
  areas: [{ x: 0, y: 0, width: 1920, height: 1080 }] as Electron.Rectangle[],
  getAllDisplays: (): Electron.Display[] => screen.areas.map((workArea) => ({ workArea }) as Electron.Display),
} satisfies Pick<Electron.Screen, 'getAllDisplays'> & { areas: Electron.Rectangle[] };

/** The window's top frame, as the sender of a message. */
export const topFrame = (window: BrowserWindow): FakeInvoke => ({
  sender: { id: window.webContents.id },
  senderFrame: window.webContents.mainFrame,
});

({
  app,
  ipcMain,
  protocol,
  session,
  dialog,
  contextBridge,
  ipcRenderer,
  nativeTheme,
  screen,
  BrowserWindow,
  Menu,
}) satisfies {
  [K in keyof typeof Electron]?: unknown;
};
