import { join } from 'node:path';
import { dataFolder } from '../lab/data-folder.ts';

/** File of the history in a data folder. */
export const historyPath = (folder: string = dataFolder()): string => join(folder, 'history.sqlite');
