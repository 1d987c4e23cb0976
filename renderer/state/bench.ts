import type { Lab, LabReply } from '../../host/contract/lab.ts';
import { createAnnouncer, type AnnouncerStore } from './announcer.ts';
import { createDocuments, type DocumentsStore } from './documents.ts';
import { createDraftBook, type DraftBook } from './drafts.ts';
import { createFiles, type FilesStore } from './files.ts';
import { createGallery, type GalleryStore } from './gallery.ts';
import { createMatrices, type MatricesStore } from './matrices.ts';
import { createQuestions, type QuestionsStore } from './questions.ts';
import { createRuns, type RunsStore } from './runs.ts';
import { createSettings, type SettingsStore } from './settings.ts';
import { createView, type ViewStore } from './view.ts';

export type About = LabReply<'describe'>;

/** Everything the window knows, one store a subject, and the lab it talks to. Functions of this folder change it; components show it. */
export interface Bench {
  readonly lab: Lab;
  readonly about: About;
  readonly announcer: AnnouncerStore;
  readonly documents: DocumentsStore;
  readonly drafts: DraftBook;
  readonly files: FilesStore;
  readonly gallery: GalleryStore;
  readonly matrices: MatricesStore;
  readonly questions: QuestionsStore;
  readonly runs: RunsStore;
  readonly settings: SettingsStore;
  readonly view: ViewStore;
}

export const createBench = (lab: Lab, about: About): Bench => ({
  lab,
  about,
  announcer: createAnnouncer(),
  documents: createDocuments(),
  drafts: createDraftBook(),
  files: createFiles(),
  gallery: createGallery(),
  matrices: createMatrices(),
  questions: createQuestions(),
  runs: createRuns(),
  settings: createSettings(),
  view: createView(),
});
