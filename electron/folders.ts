import { fileURLToPath } from 'node:url';

// All three are built: this file becomes part of out/main.

/** Folder of the built window. */
export const WINDOW = fileURLToPath(new URL('../out/renderer/', import.meta.url));
/** The built preload script. */
export const PRELOAD = fileURLToPath(new URL('../out/preload/preload.cjs', import.meta.url));
/** The gallery's scripts. */
export const SCENARIOS = fileURLToPath(new URL('../scenarios/', import.meta.url));
