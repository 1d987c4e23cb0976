import { useState } from 'react';
import { Button, Input, ListBox, ListBoxItem, SearchField } from 'react-aria-components';
import { useStore } from 'zustand';
import { loadGallery, type Scenario } from '../state/gallery.ts';
import { openScenario } from '../state/open-document.ts';
import { useBench } from '../state/bench-context.ts';
import { en } from '../text/en.ts';
import './gallery.css';

const matches = ({ title, question, id }: Scenario, filter: string): boolean =>
  `${title} ${question} ${id}`.toLowerCase().includes(filter.trim().toLowerCase());

/** The scenarios that come with the program: title and question. Enter or a click opens one. */
export function GalleryPane() {
  const bench = useBench();
  const { scenarios, state, problem } = useStore(bench.gallery);
  const [filter, setFilter] = useState('');
  if (state === 'loading') return <p className="pane-note">{en.common.loading}</p>;
  if (state === 'failed') {
    return (
      <div className="pane-note" role="alert">
        <p>{en.gallery.failed(problem)}</p>
        <Button className="button" onPress={() => void loadGallery(bench.gallery, bench.lab)}>
          {en.common.retry}
        </Button>
      </div>
    );
  }
  const shown = scenarios.filter((scenario) => matches(scenario, filter));
  return (
    <div className="gallery">
      <SearchField className="search" aria-label={en.gallery.filter} value={filter} onChange={setFilter}>
        <Input placeholder={en.gallery.filter} />
      </SearchField>
      <ListBox
        className="gallery-list"
        aria-label={en.gallery.label}
        items={shown}
        selectionMode="none"
        onAction={(id) => {
          const scenario = scenarios.find((candidate) => candidate.id === id);
          if (scenario !== undefined) openScenario(bench, scenario);
        }}
        renderEmptyState={() => (
          <p className="pane-note">{scenarios.length === 0 ? en.gallery.empty : en.gallery.none}</p>
        )}
      >
        {({ id, title, question }) => (
          <ListBoxItem id={id} textValue={title} className="gallery-item">
            <span className="item-label">{title}</span>
            <span className="item-about">{question}</span>
          </ListBoxItem>
        )}
      </ListBox>
    </div>
  );
}
