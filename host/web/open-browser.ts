import { spawn } from 'node:child_process';

interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
}

/** True where a window can be shown. */
export function hasDisplay({ env, platform }: Surroundings): boolean {
  if (platform === 'win32' || platform === 'darwin') return true;
  return (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== '';
}

/** The command that shows an address in the user's browser; null where there is none to be expected. */
export function browserCommand(address: string, surroundings: Surroundings): readonly string[] | null {
  const { env, platform } = surroundings;
  const own = env['BROWSER'] ?? '';
  if (own !== '') return own === 'none' ? null : [own.split(':', 1)[0]!, address];
  if (platform === 'darwin') return ['open', address];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', address];
  return hasDisplay(surroundings) ? ['xdg-open', address] : null;
}

/** Shows an address in the user's browser, if there is one. What goes wrong is nobody's trouble: the address is printed as well. */
export function openBrowser(address: string, surroundings: Surroundings = process): void {
  const command = browserCommand(address, surroundings);
  if (command === null) return;
  const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
