import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The preload script, as the one CommonJS file that a sandboxed window can load: it may require `electron` and nothing else. */
export default defineConfig({
  root: at(''),
  publicDir: false,
  build: {
    ssr: at('electron/preload.ts'),
    outDir: at('out/preload'),
    emptyOutDir: true,
    target: 'node24',
    rolldownOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: 'preload.cjs' } },
  },
  ssr: { noExternal: true },
});
