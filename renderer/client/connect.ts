import { LabError, labFailed } from '../../host/contract/lab.ts';
import { type Bridge, BridgeLab } from './bridge-lab.ts';
import { HttpLab, openSession } from './http-lab.ts';
import type { LabClient } from './lab-client.ts';

/** Where the key of this origin's session is kept, so that a reload and a second tab find it. */
const KEY = 'exitlab.session';

declare global {
  interface Window {
    readonly exitlab?: Bridge;
  }
}

/** Connects the window to its lab: by the preload's bridge, or to the server that the page is from. Rejects with a sentence. */
export async function connectLab(page: Window = window): Promise<LabClient> {
  if (page.exitlab !== undefined) return new BridgeLab(page.exitlab);
  const { origin } = page.location;
  await takeToken(page);
  // A link that is opened in this window later on is of a lab that was started anew.
  page.addEventListener('hashchange', () => void takeToken(page));
  const lab = new HttpLab(origin, () => page.localStorage.getItem(KEY) ?? '');
  // The first call tells whether the session still holds.
  await lab.call('describe', {}).catch((error: unknown) => {
    lab.close();
    throw error instanceof LabError ? error : new LabError(labFailed('unreachable', String(error)));
  });
  return lab;
}

/** Turns the token of a link into a session, which every window of this browser goes on with. */
async function takeToken(page: Window): Promise<void> {
  const { origin, hash, pathname, search } = page.location;
  const token = new URLSearchParams(hash.slice(1)).get('token');
  if (token === null) return;
  page.history.replaceState(null, '', `${pathname}${search}`);
  const key = await openSession(origin, token);
  if (key !== null) page.localStorage.setItem(KEY, key);
}
