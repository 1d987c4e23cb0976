import type { LabReply } from '../../host/contract/lab.ts';

export type CheckReply = LabReply<'check'>;
export type Diagnostic = CheckReply['diagnostics'][number];

/** A script that is open in an editor. */
export interface ScriptDocument {
  /** Stable as long as it is open, over restarts too. */
  readonly id: string;
  /** Shown on the tab: the file's name. */
  readonly name: string;
  /** Its file; null for a scenario of the gallery and for a text that was never saved. */
  readonly path: string | null;
  /** The scenario of the gallery that it started as. */
  readonly scenario: string | null;
  readonly text: string;
  /** The text as the file or the gallery has it. */
  readonly saved: string;
  /** `modified` of the file when it was read; null without a file. */
  readonly base: number | null;
  /** Key of its draft where that is not its file's or its own: another window keeps another text there. */
  readonly draft: string | null;
  /** What the lab said about `checkedText`; null before the first answer. */
  readonly check: CheckReply | null;
  readonly checkedText: string | null;
}

export const isDirty = (document: ScriptDocument): boolean => document.text !== document.saved;

/** Key of the draft: the file's path, else the document itself, unless it has one of its own. */
export const draftKey = ({ draft, path, id }: Pick<ScriptDocument, 'draft' | 'path' | 'id'>): string =>
  draft ?? path ?? id;

/** Title of the scenario in the text, as far as it is known. */
export const titleOf = (document: ScriptDocument): string => document.check?.scenario?.title ?? document.name;
