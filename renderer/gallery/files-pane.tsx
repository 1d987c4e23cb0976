import { useEffect } from 'react';
import { Button, ListBox, ListBoxItem } from 'react-aria-components';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { isDirty } from '../state/document.ts';
import { loadFiles, type FileStamp } from '../state/files.ts';
import { newScript, openFile } from '../state/open-document.ts';
import { goToDocument } from '../state/show-document.ts';
import { en } from '../text/en.ts';
import './gallery.css';

/** Open editors, files used lately, and the files of the folder that the host works in. */
export function FilesPane() {
  const bench = useBench();
  const { open, active } = useStore(bench.documents);
  const { recent, listed, more, problem } = useStore(bench.files);
  useEffect(() => void loadFiles(bench.files, bench.lab), [bench]);
  return (
    <div className="files">
      <div className="files-actions">
        <Button className="button" onPress={() => newScript(bench)}>
          {en.files.create}
        </Button>
        <Button className="button" onPress={() => void openFile(bench)}>
          {en.files.open}
        </Button>
      </div>
      {problem !== '' && (
        <p className="pane-note" role="alert">
          {problem}
        </p>
      )}
      <section>
        <h2>{en.files.opened}</h2>
        <ListBox
          aria-label={en.files.opened}
          items={open}
          selectionMode="single"
          selectedKeys={active === null ? [] : [active]}
          onAction={(id) => goToDocument(bench, String(id))}
          onSelectionChange={(keys) => {
            const [id] = keys === 'all' ? [] : [...keys];
            if (id !== undefined) goToDocument(bench, String(id));
          }}
          renderEmptyState={() => <p className="pane-note">{en.files.noneOpen}</p>}
        >
          {(document) => (
            <ListBoxItem id={document.id} textValue={document.name} className="file-item">
              {document.name}
              {isDirty(document) && (
                <span className="dirty" role="img" aria-label={en.panes.unsaved}>
                  ●
                </span>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </section>
      <FileList label={en.files.recent} files={recent} empty={en.files.noneRecent} />
      {listed.length > 0 && <FileList label={en.files.listed} files={listed} empty="" />}
      {more > 0 && <p className="pane-note">{en.files.more(more)}</p>}
    </div>
  );
}

function FileList({ label, files, empty }: { label: string; files: readonly FileStamp[]; empty: string }) {
  const bench = useBench();
  return (
    <section>
      <h2>{label}</h2>
      <ListBox
        aria-label={label}
        items={files}
        selectionMode="none"
        onAction={(path) => void openFile(bench, String(path))}
        renderEmptyState={() => <p className="pane-note">{empty}</p>}
      >
        {({ path, name }) => (
          <ListBoxItem id={path} textValue={name} className="file-item">
            {path}
          </ListBoxItem>
        )}
      </ListBox>
    </section>
  );
}
