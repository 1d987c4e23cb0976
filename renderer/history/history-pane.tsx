import { useState } from 'react';
import { Button, Checkbox, GridList, Input, SearchField, type Selection } from 'react-aria-components';
import { useStore } from 'zustand';
import { cpuModels } from '../../core/index.ts';
import { Choice } from '../charts/choice.tsx';
import { useBench } from '../state/bench-context.ts';
import { knownCpus } from '../state/known-cpus.ts';
import { reportText } from '../text/reports.ts';
import { useInSight } from '../widgets/use-in-sight.ts';
import {
  deletedLast,
  deleteStored,
  noteStored,
  openStored,
  pairStored,
  restoreStored,
  tagStored,
} from './history-actions.ts';
import { StoredRow } from './history-row.tsx';
import { useHistory, type Found } from './use-history.ts';
import '../charts/charts.css';
import './history.css';

const text = reportText.history;

/** Runs that are asked for at a time. */
const PAGE = 50;

/** Every run that was stored, by this window or the command line: searched, opened, compared, priced again, tagged, deleted and taken back. */
export function HistoryPane() {
  const bench = useBench();
  const [search, setSearch] = useState('');
  const [tag, setTag] = useState('');
  const [deleted, setDeleted] = useState(false);
  const [limit, setLimit] = useState(PAGE);
  const [selected, setSelected] = useState<Selection>(new Set());
  const { ref, inSight } = useInSight<HTMLDivElement>();
  const found = useHistory(bench, { search, tag: tag === '' ? null : tag, deleted, limit }, inSight);
  const runs = found?.runs ?? [];
  const chosen = runs.filter(({ id }) => selected === 'all' || selected.has(id)).map(({ id }) => id);
  const isFiltered = search !== '' || tag !== '' || deleted;
  return (
    <div className="result-pane" ref={ref}>
      <div className="result-tools">
        <SearchField className="search" aria-label={text.search} value={search} onChange={setSearch}>
          <Input placeholder={text.search} />
        </SearchField>
        <Choice
          label={text.tag}
          options={[
            { value: '', text: text.anyTag },
            ...(found?.tags ?? []).map((one) => ({ value: one.tag, text: text.tagOption(one.tag, one.runs) })),
          ]}
          value={tag}
          onChange={setTag}
        />
        <Checkbox className="checkbox" isSelected={deleted} onChange={setDeleted}>
          <span className="checkbox-box" aria-hidden="true" />
          {text.deleted}
        </Checkbox>
      </div>
      <Deeds found={found} chosen={chosen} deleted={deleted} />
      {found !== null && found.problem !== null && (
        <p className="pane-note" role="alert">
          {found.problem}
        </p>
      )}
      <GridList
        aria-label={text.label}
        className="stored-list"
        items={runs}
        selectionMode="multiple"
        selectionBehavior="toggle"
        escapeKeyBehavior="none"
        selectedKeys={chosen}
        onSelectionChange={setSelected}
        onAction={(id) => void openStored(bench, Number(id), null)}
        renderEmptyState={() => <p className="pane-note">{isFiltered ? text.none : text.empty}</p>}
      >
        {(row) => <StoredRow row={row} />}
      </GridList>
      {found?.more === true && (
        <Button className="button stored-more" onPress={() => setLimit(limit + PAGE)}>
          {text.more}
        </Button>
      )}
    </div>
  );
}

/** What can be done with the runs that are chosen. */
function Deeds({ found, chosen, deleted }: { found: Found | null; chosen: readonly number[]; deleted: boolean }) {
  const bench = useBench();
  const [prices, setPrices] = useState('');
  const { ids } = useStore(deletedLast);
  const { kept } = useStore(knownCpus);
  const one = chosen.length === 1 ? found?.runs.find(({ id }) => id === chosen[0]) : undefined;
  return (
    <div className="result-tools">
      <span className="muted stored-count">{text.chosen(chosen.length)}</span>
      <Button
        className="button"
        isDisabled={one === undefined}
        onPress={() => one !== undefined && void openStored(bench, one.id, prices === '' ? null : prices)}
      >
        {text.open}
      </Button>
      <Choice
        label={text.reprice}
        options={[
          { value: '', text: text.ownPrices },
          ...cpuModels.map(({ id, name }) => ({ value: id, text: name })),
          ...kept.map(({ host }) => ({ value: host.name, text: host.name })),
        ]}
        value={prices}
        onChange={setPrices}
      />
      <Button
        className="button"
        isDisabled={chosen.length !== 2}
        onPress={() => void pairStored(bench, Math.min(...chosen), Math.max(...chosen))}
      >
        {text.compare}
      </Button>
      <Button className="button" isDisabled={one === undefined} onPress={() => one && void tagStored(bench, one)}>
        {text.tags}
      </Button>
      <Button className="button" isDisabled={one === undefined} onPress={() => one && void noteStored(bench, one)}>
        {text.note}
      </Button>
      {deleted ? (
        <Button className="button" isDisabled={chosen.length === 0} onPress={() => void restoreStored(bench, chosen)}>
          {text.takeBack}
        </Button>
      ) : (
        <Button
          className="button danger"
          isDisabled={chosen.length === 0}
          onPress={() => void deleteStored(bench, chosen)}
        >
          {text.remove}
        </Button>
      )}
      {ids.length > 0 && (
        <Button className="button" onPress={() => void restoreStored(bench, ids)}>
          {text.undo(ids.length)}
        </Button>
      )}
    </div>
  );
}
