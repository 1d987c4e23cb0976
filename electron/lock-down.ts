import { app, type Session, type WebContents } from 'electron';
import { isOwn, ORIGIN } from './origin.ts';

/** Refuses, for every page there will ever be: going elsewhere, opening windows, embedding pages. */
export function lockDownPages(): void {
  app.on('web-contents-created', (_, contents) => lockDownPage(contents));
}

function lockDownPage(contents: WebContents): void {
  const stay = (event: { preventDefault(): void }): void => event.preventDefault();
  contents.on('will-navigate', stay);
  // The preview of a report is a frame whose page comes with its element; it is sandboxed and runs nothing.
  contents.on('will-frame-navigate', (event) => event.url === 'about:srcdoc' || event.preventDefault());
  contents.on('will-redirect', stay);
  contents.on('will-attach-webview', stay);
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

/** Writing text to the clipboard is what "copy" needs; reading it, and everything else, is refused. */
const ALLOWED = 'clipboard-sanitized-write';

/** Refuses permissions, devices and the network: the app has its own files and the lab. */
export function lockDownSession(session: Session): void {
  session.setPermissionRequestHandler((_, permission, answer, details) =>
    answer(permission === ALLOWED && details.isMainFrame && isOwn(details.requestingUrl)),
  );
  session.setPermissionCheckHandler((_, permission, origin, details) => {
    const own = origin === ORIGIN || isOwn(origin);
    return (permission as string) === ALLOWED && own && details.isMainFrame;
  });
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_, answer) => answer({}));
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !isAllowed(url) }));
}

/** Own files, what the page itself made, and the developer tools. */
const isAllowed = (url: string): boolean => isOwn(url) || /^(?:blob:exitlab:|data:image\/|devtools:)/.test(url);
