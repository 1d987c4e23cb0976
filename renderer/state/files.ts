import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Lab, LabReply } from '../../host/contract/lab.ts';
import { sentenceOf } from './failure.ts';

export type FileStamp = LabReply<'files.recent'>[number];

export interface FilesState {
  readonly recent: readonly FileStamp[];
  /** Scripts and results below the folder that the host works in. */
  readonly listed: readonly FileStamp[];
  /** Files below the folder that are not listed. */
  readonly more: number;
  readonly problem: string;
}

export type FilesStore = StoreApi<FilesState>;

export const createFiles = (): FilesStore =>
  createStore<FilesState>(() => ({ recent: [], listed: [], more: 0, problem: '' }));

/** Asks the lab again which files there are. */
export async function loadFiles(store: FilesStore, lab: Lab): Promise<void> {
  try {
    const [recent, list] = await Promise.all([lab.call('files.recent', {}), lab.call('files.list', {})]);
    store.setState({ recent, listed: list.files, more: list.more, problem: '' });
  } catch (error) {
    store.setState({ problem: sentenceOf(error) });
  }
}
