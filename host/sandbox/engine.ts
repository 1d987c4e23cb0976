import release from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';

/** The package's types describe its CommonJS half. */
const variant = release as unknown as QuickJSSyncVariant;

/**
 * The part of the WebAssembly build that the wrapper does not hand out, and that speed needs: its memory, and the one function
 * through which the engine calls the host.
 */
interface EngineModule {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  callbacks: { callFunction: HostCall };
}
type HostCall = (asyncify: unknown, context: number, self: number, argc: number, argv: number, id: number) => number;

interface EngineOptions {
  readonly memoryBytes: number;
  /** Bytes of shared buffers that the host will make. */
  readonly sharedBytes: number;
  readonly stackBytes: number;
  /** Asked every few thousand operations; true stops the script for good. */
  readonly interrupted: () => boolean;
}

/** What a script threw: the engine's own account of it. */
export interface Thrown {
  /** Error's name, or '' for a value that is not an error. */
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** Node has it; its types stand in the DOM's library. */
declare const WebAssembly: { readonly Memory: new (pages: { initial: number; maximum: number }) => object };

const PAGE = 65_536;
/** Pages that the build begins with; its code's data and stack are in them. */
const FIRST_PAGES = 256;

/**
 * The engine's own limit does not count the bytes of array buffers, so the instance's memory has an end too: twice as far, because blocks
 * that grow are copied.
 */
function boundedMemory({ memoryBytes, sharedBytes }: EngineOptions): object {
  const more = Math.ceil((2 * (memoryBytes + sharedBytes)) / PAGE);
  return new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: Math.min(32_768, FIRST_PAGES + more) });
}

/** One script engine: QuickJS in a WebAssembly instance of its own, with nothing in it but the language. */
export class Engine {
  private readonly context: QuickJSContext;
  private readonly module: EngineModule;

  private constructor(context: QuickJSContext, module: EngineModule) {
    this.context = context;
    this.module = module;
  }

  static async create(options: EngineOptions): Promise<Engine> {
    const loaded: { module?: EngineModule } = {};
    const quickjs = await newQuickJSWASMModuleFromVariant({
      ...variant,
      async importModuleLoader() {
        const imported = await variant.importModuleLoader();
        const load = 'default' in imported ? imported.default : imported;
        if (typeof load !== 'function') throw new Error('the script engine did not load');
        return async (argument) => {
          const module = await load({ ...argument, wasmMemory: boundedMemory(options) });
          loaded.module = module as unknown as EngineModule;
          return module;
        };
      },
    });
    const runtime = quickjs.newRuntime();
    runtime.setMemoryLimit(options.memoryBytes);
    runtime.setMaxStackSize(options.stackBytes);
    runtime.setInterruptHandler(options.interrupted);
    return new Engine(runtime.newContext(), loaded.module!);
  }

  /** Evaluates JavaScript in strict mode; the value stays inside. */
  evaluate(code: string, name: string): QuickJSHandle | Thrown {
    const result = this.context.evalCode(code, name, { strict: true });
    return result.error === undefined ? result.value : this.takeError(result.error);
  }

  /** Calls a function of the script. */
  call(callee: QuickJSHandle, ...args: QuickJSHandle[]): QuickJSHandle | Thrown {
    const result = this.context.callFunction(callee, this.context.undefined, ...args);
    return result.error === undefined ? result.value : this.takeError(result.error);
  }

  /** True when a promise's callbacks wait: nothing ever runs them. */
  get hasPendingJobs(): boolean {
    return this.context.runtime.hasPendingJob();
  }

  property(of: QuickJSHandle, name: string): QuickJSHandle {
    return this.context.getProp(of, name);
  }

  string(value: string): QuickJSHandle {
    return this.context.newString(value);
  }

  /** A function of the host that takes and returns text; about 3 us a call. */
  textFunction(name: string, body: (...args: string[]) => string): QuickJSHandle {
    return this.context.newFunction(name, (...args) =>
      this.context.newString(body(...args.map((arg) => this.context.getString(arg)))),
    );
  }

  /**
   * A function of the host without arguments or result; about 0.1 us a call, because it is answered before the wrapper makes handles
   * for the call. Nothing thrown may leave it.
   */
  signalFunction(name: string, body: () => void): QuickJSHandle {
    const callbacks = this.module.callbacks;
    const ordinary = callbacks.callFunction;
    let id = -1;
    const handle = this.context.newFunction(name, () => undefined);
    callbacks.callFunction = (...call) => {
      id = call[5];
      return ordinary(...call);
    };
    this.context.callFunction(handle, this.context.undefined);
    callbacks.callFunction = (asyncify, context, self, argc, argv, called) => {
      if (called !== id) return ordinary(asyncify, context, self, argc, argv, called);
      body();
      return 0;
    };
    return handle;
  }

  /** A buffer that both sides see. The view must be asked for again whenever the script may have run, since memory may have moved. */
  sharedBuffer(bytes: number): { handle: QuickJSHandle; view: () => ArrayBuffer; offset: number } {
    const module = this.module;
    const allocate = module._malloc;
    let offset = 0;
    module._malloc = (size) => (offset = allocate(size));
    const handle = this.context.newArrayBuffer(new ArrayBuffer(bytes));
    module._malloc = allocate;
    return { handle, offset, view: () => module.HEAPU8.buffer as ArrayBuffer };
  }

  /** A thrown value that is no error, as text; empty where it has none. */
  private printed(handle: QuickJSHandle): string {
    if (this.context.eq(handle, this.context.null)) return 'null';
    const type = this.context.typeof(handle);
    if (type === 'undefined') return type;
    return type === 'symbol' ? 'a symbol' : this.context.getString(handle);
  }

  private takeError(handle: QuickJSHandle): Thrown {
    const field = (name: string): string => {
      const value = this.context.getProp(handle, name);
      return this.context.typeof(value) === 'string' ? this.context.getString(value) : '';
    };
    if (this.context.typeof(handle) !== 'object' || this.context.eq(handle, this.context.null)) {
      return { name: '', message: this.printed(handle), stack: '' };
    }
    return { name: field('name'), message: field('message'), stack: field('stack') };
  }
}

/** Tells a value from what was thrown. */
export const isThrown = (result: QuickJSHandle | Thrown): result is Thrown => 'stack' in result;
