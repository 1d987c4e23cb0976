import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { WindowFile } from '../../host/web/window-files.ts';

vi.mock('electron', () => import('./double.ts'));

type Answer = typeof import('../../electron/protocol.ts').answer;
let answer: Answer;
beforeAll(async () => {
  ({ answer } = await import('../../electron/protocol.ts'));
});

const file = (type: string, content: string): WindowFile => ({
  type,
  lasting: false,
  read: () => Promise.resolve(Buffer.from(content)),
});
const FILES = new Map([
  ['/index.html', file('text/html; charset=utf-8', '<p>')],
  ['/assets/a.js', file('text/javascript; charset=utf-8', 'x()')],
  ['/gone.js', { ...file('text/javascript', ''), read: () => Promise.reject(new Error('gone')) }],
]);
const get = (url: string, method = 'GET'): Promise<Response> => answer({ method, url }, FILES);

describe("the app's protocol", () => {
  it('serves a file with its type and a policy that runs own scripts only', async () => {
    const response = await get('exitlab://app/assets/a.js?v=1#x');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('x()');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-eval');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    'exitlab://app/',
    'exitlab://app/assets/',
    'exitlab://app/missing.js',
    'exitlab://app/../package.json',
    'exitlab://app/assets/../../main/main.js',
    'exitlab://app/%2e%2e/main/main.js',
    'exitlab://app/..%2fmain%2fmain.js',
    'exitlab://app/assets%2fa.js',
    'exitlab://app/assets\\a.js',
    'exitlab://app//etc/passwd',
    'exitlab://app/index.html%00.js',
    'exitlab://other/index.html',
    'exitlab://app.other/index.html',
    'exitlab://app:80/index.html',
    'exitlab://user@app/index.html',
    'exitlab:index.html',
    'https://app/index.html',
    'file:///index.html',
    'no address',
  ])('has nothing at %s', async (url) => {
    const response = await get(url);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-security-policy')).not.toBeNull();
  });

  it.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])('does not answer %s', async (method) => {
    expect((await get('exitlab://app/index.html', method)).status).toBe(405);
  });

  it('says so when a file went away', async () => {
    expect((await get('exitlab://app/gone.js')).status).toBe(500);
  });
});
