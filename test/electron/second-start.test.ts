import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { app, BrowserWindow } from './double.ts';

vi.mock('electron', () => import('./double.ts'));

it('a second start ends at once and opens nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'exitlab-second-'));
  vi.stubEnv('EXITLAB_DATA', folder);
  app.first = false;
  await import('../../electron/main.ts');
  app.makeReady();
  await Promise.resolve();
  expect(app.ended).toBe(true);
  expect(BrowserWindow.all).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});
