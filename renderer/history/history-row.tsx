import { Checkbox, GridListItem } from 'react-aria-components';
import type { HistoryRow } from '../../host/contract/lab.ts';
import { reportText } from '../text/reports.ts';

const text = reportText.history;

const WHEN = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** A stored run: what it was, when, on what, and what the user said of it. */
export function StoredRow({ row }: { readonly row: HistoryRow }) {
  const { id, title, created, scriptName, note, tags, version, configurations } = row;
  const divergences = configurations.reduce((sum, one) => sum + (one.divergences ?? 0), 0);
  const name = text.title(id, title);
  return (
    <GridListItem id={id} textValue={name} className="stored-row">
      <Checkbox slot="selection" className="checkbox">
        <span className="checkbox-box" aria-hidden="true" />
      </Checkbox>
      <div className="stored-words">
        <span className="stored-head">
          <span className="stored-title">{name}</span>
          {tags.map((tag) => (
            <span key={tag} className="stored-tag">
              {tag}
            </span>
          ))}
          {divergences > 0 && <span className="severity warning">{text.divergences(divergences)}</span>}
        </span>
        <span className="stored-about">
          {WHEN.format(created)}, {scriptName.replace(/^.*\//, '')},{' '}
          {text.configurations(configurations.map((one) => one.name))}, exitlab {version}
        </span>
        {note !== '' && <span className="stored-note">{note}</span>}
      </div>
    </GridListItem>
  );
}
