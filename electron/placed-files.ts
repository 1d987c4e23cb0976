import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
const OWN_FILE = /new URL\(\s*'(\.{1,2}\/[^']*)',\s*import\.meta\.url\s*,?\s*\)/g;

/** Where what a source file names by its own place stands beside the built main process. */
const PLACES: Readonly<Record<string, string>> = {
  'host/workers/worker.ts': './worker.js',
  'host/lab/compile-worker.ts': './compile-worker.js',
  // Not .d.ts: the packer leaves those out.
  'host/contract/exitlab.d.ts': './exitlab.d.mts',
  'scenarios/': './scenarios/',
  'out/renderer/': '../renderer/',
  'out/preload/preload.cjs': '../preload/preload.cjs',
};

/**
 * Rewrites `new URL('...', import.meta.url)` to the file's place in the build, and puts declarations and scenarios there. A file without
 * a place ends the build: it would be missed only when the app runs.
 */
export function placedFiles(): Plugin {
  return {
    name: 'exitlab-placed-files',
    enforce: 'pre',
    transform(code, id) {
      if (!id.startsWith(PROJECT) || id.includes('node_modules') || !code.includes('import.meta.url')) return null;
      const folder = dirname(id);
      return code.replaceAll(OWN_FILE, (_, path: string) => {
        const wanted = slashed(relative(PROJECT, join(folder, path))) + (path.endsWith('/') ? '/' : '');
        const place = PLACES[wanted];
        if (place === undefined)
          this.error(`${slashed(relative(PROJECT, id))} names ${wanted}, which has no place in the app`);
        return `new URL('${place}', import.meta.url)`;
      });
    },
    generateBundle() {
      emit('host/contract/exitlab.d.ts', 'exitlab.d.mts', this);
      for (const name of readdirSync(join(PROJECT, 'scenarios'))) {
        if (/(?<!\.test|\.d)\.ts$/.test(name)) emit(`scenarios/${name}`, `scenarios/${name}`, this);
      }
    },
  };
}

type Emitter = Pick<
  ThisParameterType<Extract<NonNullable<Plugin['generateBundle']>, (...args: never) => unknown>>,
  'emitFile'
>;

function emit(source: string, fileName: string, to: Emitter): void {
  to.emitFile({ type: 'asset', fileName, source: readFileSync(join(PROJECT, source)) });
}

const slashed = (path: string): string => path.split(sep).join('/');
