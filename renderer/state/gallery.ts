import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Lab, LabReply } from '../../host/contract/lab.ts';
import { sentenceOf } from './failure.ts';

export type Scenario = LabReply<'gallery'>[number];

export interface GalleryState {
  readonly scenarios: readonly Scenario[];
  readonly state: 'loading' | 'ready' | 'failed';
  readonly problem: string;
}

export type GalleryStore = StoreApi<GalleryState>;

export const createGallery = (): GalleryStore =>
  createStore<GalleryState>(() => ({ scenarios: [], state: 'loading', problem: '' }));

export async function loadGallery(store: GalleryStore, lab: Lab): Promise<void> {
  store.setState({ state: 'loading' });
  try {
    store.setState({ scenarios: await lab.call('gallery', {}), state: 'ready', problem: '' });
  } catch (error) {
    store.setState({ state: 'failed', problem: sentenceOf(error) });
  }
}
