import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { placedFiles } from './placed-files.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Electron's main process and its worker threads, as ES modules side by side in out/main. Packages stay packages. */
export default defineConfig({
  root: at(''),
  publicDir: false,
  plugins: [placedFiles()],
  build: {
    ssr: true,
    ssrEmitAssets: true,
    outDir: at('out/main'),
    emptyOutDir: true,
    target: 'node24',
    rolldownOptions: {
      input: {
        main: at('electron/main.ts'),
        worker: at('host/workers/worker.ts'),
        'compile-worker': at('host/lab/compile-worker.ts'),
      },
      external: ['electron', /^node:/],
      // Flat: import.meta.url is the same folder whichever file a module ends up in.
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
});
