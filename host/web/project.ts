import { fileURLToPath } from 'node:url';

/** Folder of the program: the checkout, or where it is installed. */
export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
/** Folder of the built window. */
export const WINDOW = fileURLToPath(new URL('../../out/renderer/', import.meta.url));
