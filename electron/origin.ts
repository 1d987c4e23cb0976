/** Scheme and host of the app's own files: `exitlab://app/index.html`. */
export const SCHEME = 'exitlab';
export const HOST = 'app';
/** Origin of the window; the only one that exists here. */
export const ORIGIN = `${SCHEME}://${HOST}`;
/** Where the window starts. */
export const START = `${ORIGIN}/index.html`;

/** True for an address of the app's own files. */
export const isOwn = (url: string): boolean => url === ORIGIN || url.startsWith(`${ORIGIN}/`);
