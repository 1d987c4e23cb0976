import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Folder of what the lab keeps for itself: drafts, layout, last results. EXITLAB_DATA names another one; else the system's place for a
 * program's state (XDG Base Directory Specification, "XDG_STATE_HOME", and its likes).
 */
export function dataFolder(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const given = env['EXITLAB_DATA'];
  if (given !== undefined && given !== '') return given;
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Exitlab');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Exitlab');
  const state = env['XDG_STATE_HOME'];
  return join(state !== undefined && isAbsolute(state) ? state : join(homedir(), '.local', 'state'), 'exitlab');
}
