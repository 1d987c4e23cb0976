import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from 'vite';
import { makeBridge } from '../../electron/bridge.ts';
import type { Bridge } from '../../renderer/client/bridge-lab.ts';
import { contextBridge, ipcRenderer } from './double.ts';
import * as double from './double.ts';

// That the window's client and the preload script mean the same bridge.
const bridgeOf: (ipc: typeof ipcRenderer) => Bridge = makeBridge;

let folder: string;
let code: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exitlab-preload-'));
  const configFile = fileURLToPath(new URL('../../electron/preload.config.ts', import.meta.url));
  await build({ configFile, logLevel: 'silent', build: { outDir: folder, emptyOutDir: true } });
  code = readFileSync(join(folder, 'preload.cjs'), 'utf8');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the built preload script', () => {
  const required: string[] = [];
  const load = (): void => {
    const require = (name: string): unknown => {
      required.push(name);
      if (name !== 'electron') throw new Error(`a sandboxed preload script cannot require ${name}`);
      return double;
    };
    compileFunction(code, ['exports', 'require', 'module'])({}, require, { exports: {} });
  };

  it('loads as CommonJS with nothing but electron', () => {
    load();
    expect(required).toEqual(['electron']);
    expect(code).not.toMatch(/^\s*(?:import|export)\b/m);
  });

  it('gives the window two functions', () => {
    expect(Object.keys(contextBridge.worlds)).toEqual(['exitlab']);
    expect(Object.keys(contextBridge.worlds['exitlab'] as Bridge)).toEqual(['call', 'listen']);
  });

  it('passes calls and events by one channel each', async () => {
    const bridge = contextBridge.worlds['exitlab'] as Bridge;
    await bridge.call({ method: 'describe', params: {} });
    expect(ipcRenderer.invoked).toEqual([['exitlab:call', { method: 'describe', params: {} }]]);
    const heard: unknown[] = [];
    const stop = bridge.listen((event) => heard.push(event));
    ipcRenderer.emit('exitlab:event', { sender: 'secret' }, { name: 'lab.lost', data: {} });
    stop();
    // Electron's own event, which holds the sender, stays outside.
    expect(heard).toEqual([{ name: 'lab.lost', data: {} }]);
    expect(ipcRenderer.offs).toEqual(['exitlab:event']);
    expect(bridgeOf(ipcRenderer)).toHaveProperty('listen');
  });
});
