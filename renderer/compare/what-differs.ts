import type { Configuration } from '../../core/index.ts';
import { words, type TableSpec } from '../charts/table.ts';
import { differencesOf } from '../configure/difference.ts';
import { resultText } from '../text/results.ts';

const text = resultText.compare;

/** Choices, doorbell and policies in which two configurations differ, with what each decides and where that was read. */
export function whatDiffersTable(a: Configuration, b: Configuration): TableSpec {
  return {
    caption: text.heading,
    columns: [
      { title: text.what },
      { title: `${text.a} ${a.name}`, wide: true },
      { title: `${text.b} ${b.name}`, wide: true },
      { title: text.doc, wide: true },
      { title: text.source, wide: true },
    ],
    rows: differencesOf(a, b).map(({ what, a: one, b: other, doc, source }) => ({
      key: what,
      cells: [words(what), words(one), words(other), words(doc), words(source)],
    })),
  };
}
