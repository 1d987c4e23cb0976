/**
 * The packer leaves declarations out of packages; scripts are checked against the language's own. True keeps a file of a package.
 * Called by electron-builder under this name (electron-builder.yml).
 */
export const onNodeModuleFile = (path: string): boolean => /[\\/]typescript[\\/]lib[\\/]lib\.[\w.]+\.d\.ts$/.test(path);
