import { LARGEST_SCRIPT } from '../../host/contract/stored.ts';
import { en } from '../text/en.ts';

/** A sentence when a text is too long for a script; null when it is not. */
export const lengthProblem = ({ name, text }: { readonly name: string; readonly text: string }): string | null =>
  text.length > LARGEST_SCRIPT ? en.tooLong(name, text.length, LARGEST_SCRIPT) : null;
