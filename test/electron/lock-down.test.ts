import type { Session, WebContents } from 'electron';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { session } from './double.ts';

vi.mock('electron', () => import('./double.ts'));

const locked = session.defaultSession;
const contents = {} as WebContents;

beforeAll(async () => {
  const { lockDownSession } = await import('../../electron/lock-down.ts');
  lockDownSession(locked as unknown as Session);
});

function request(permission: string, requestingUrl = 'exitlab://app/index.html', isMainFrame = true): boolean {
  let granted = true;
  locked.permissionRequest?.(contents, permission as never, (answer) => (granted = answer), {
    requestingUrl,
    isMainFrame,
  });
  return granted;
}

describe('permissions', () => {
  it.each([
    'clipboard-read',
    'display-capture',
    'fullscreen',
    'geolocation',
    'hid',
    'media',
    'midi',
    'notifications',
    'openExternal',
    'pointerLock',
    'unknown',
    'window-management',
  ])('%s is refused', (permission) => {
    expect(request(permission)).toBe(false);
    const details = { isMainFrame: true, requestingUrl: 'exitlab://app/' };
    expect(locked.permissionCheck?.(contents, permission as never, 'exitlab://app', details)).toBe(false);
  });

  it('only the own page may put text on the clipboard', () => {
    expect(request('clipboard-sanitized-write')).toBe(true);
    expect(request('clipboard-sanitized-write', 'https://example.com/')).toBe(false);
    expect(request('clipboard-sanitized-write', 'exitlab://app/index.html', false)).toBe(false);
  });

  it('devices, screens and downloads are refused', () => {
    expect(locked.devicePermission?.({} as never)).toBe(false);
    let given: unknown;
    locked.displayMedia?.({} as never, (streams) => (given = streams));
    expect(given).toEqual({});
    expect(locked.prevented('will-download')).toBe(true);
  });
});

describe('requests', () => {
  const cancelled = (url: string): boolean | undefined => {
    let cancel: boolean | undefined;
    locked.beforeRequest?.({ url }, (answer) => (cancel = answer.cancel));
    return cancel;
  };

  it.each(['exitlab://app/assets/a.js', 'blob:exitlab://app/1-2-3', 'data:image/png;base64,'])(
    '%s goes through',
    (url) => {
      expect(cancelled(url)).toBe(false);
    },
  );

  it.each([
    'https://example.com/',
    'http://127.0.0.1:8080/',
    'file:///index.html',
    'ws://localhost/',
    'exitlab://app.evil/',
    'data:text/html,x',
    'blob:https://example.com/1',
  ])('%s is cancelled', (url) => {
    expect(cancelled(url)).toBe(true);
  });
});
