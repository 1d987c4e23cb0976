import { describe, expect, it } from 'vitest';
import { LabError, labFailed } from '../../host/contract/lab.ts';
import { fakeBench } from '../test/fake-bench.ts';
import { fakeLab } from '../test/fake-lab.ts';
import { draftKey } from './document.ts';
import { loadGallery } from './gallery.ts';
import { newScript, openScenario } from './open-document.ts';
import { restoreWorkspace } from './restore-workspace.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import { workspaceState } from './workspace.ts';

const scenario = { id: 'doorbell', title: 'Doorbell', question: '', claims: [], says: [], text: 'one', selection: {} };
const draft = (key: string, path: string | null, text: string, base: number | null = null) => ({
  key,
  path,
  name: 'x.ts',
  text,
  base,
  version: `version of ${text}`,
});

/** A bench that finds what another one kept. */
async function restored(state: unknown, answers: Parameters<typeof fakeLab>[0] = {}) {
  const bench = fakeBench(
    fakeLab({
      gallery: () => [scenario],
      'workspace.get': () => ({
        state: JSON.parse(JSON.stringify(state)),
        lastRun: null,
        running: false,
        problems: [],
      }),
      ...answers,
    }),
  );
  await loadGallery(bench.gallery, bench.lab);
  const layout = await restoreWorkspace(bench);
  return { bench, layout, said: bench.announcer.getState().last?.text ?? null };
}

describe('a restart', () => {
  it('brings back editors, the active one, matrices and settings', async () => {
    const bench = fakeBench(fakeLab());
    openScenario(bench, scenario);
    newScript(bench);
    bench.settings.setState({ theme: 'dark', zoom: 1.5 });
    bench.documents.setState({ active: 'gallery:doorbell' });
    const again = await restored(workspaceState(bench));
    expect(again.bench.documents.getState().active).toBe('gallery:doorbell');
    expect(again.bench.documents.getState().open.map(({ name, text }) => [name, text.length > 0])).toEqual([
      ['doorbell.ts', true],
      ['untitled-1.ts', true],
    ]);
    expect(again.bench.settings.getState()).toMatchObject({ theme: 'dark', zoom: 1.5 });
    expect(again.bench.matrices.getState().matrices).toEqual(bench.matrices.getState().matrices);
    expect(again.said).toBeNull();
  });

  it('opens what two windows typed into one script side by side', async () => {
    const bench = fakeBench(fakeLab());
    openScenario(bench, scenario);
    const apart = 'gallery:doorbell (0a1b2c3d)';
    bench.documents.setState(({ open }) => ({ open: open.map((document) => ({ ...document, draft: apart })) }));
    const drafts = [draft('gallery:doorbell', null, 'theirs'), draft(apart, null, 'mine')];
    const again = await restored(workspaceState(bench), { 'drafts.get': () => ({ drafts, problems: [] }) });
    const { open } = again.bench.documents.getState();
    expect(open.map((document) => [draftKey(document), document.text])).toEqual([
      [apart, 'mine'],
      ['gallery:doorbell', 'theirs'],
    ]);
    expect(new Set(open.map(({ id }) => id)).size).toBe(2);
  });

  it('after a crash opens drafts that have no editor', async () => {
    const drafts = [draft('gallery:doorbell', null, 'two'), draft('untitled:4', null, 'three')];
    const { bench } = await restored(null, { 'drafts.get': () => ({ drafts, problems: [] }) });
    expect(bench.documents.getState().open).toMatchObject([
      { id: 'gallery:doorbell', text: 'two', saved: 'one', scenario: 'doorbell' },
      { id: 'untitled:4', text: 'three' },
    ]);
  });

  it('puts a draft over its file, and says when another program changed the file', async () => {
    const answers = {
      'drafts.get': () => ({ drafts: [draft('a.ts', 'a.ts', 'mine', 5)], problems: [] }),
      'files.open': () => ({ path: 'a.ts', name: 'a.ts', modified: 6, text: 'theirs' }),
    };
    const { bench, said } = await restored(null, answers);
    expect(bench.documents.getState().open).toMatchObject([{ text: 'mine', saved: 'theirs', base: 5 }]);
    expect(said).toContain('another program');
  });

  it('keeps the text of a draft whose file is gone', async () => {
    const answers = {
      'drafts.get': () => ({ drafts: [draft('a.ts', 'a.ts', 'mine', 5)], problems: [] }),
      'files.open': () => {
        throw new LabError(labFailed('not-found', 'there is no such file'));
      },
    };
    const { bench, said } = await restored(null, answers);
    expect(bench.documents.getState().open).toMatchObject([{ text: 'mine' }]);
    expect(said).toContain('no such file');
  });

  it.each([
    ['from the future', { schema: 99, documents: [] }],
    ['of another shape', 'text'],
    [
      'damaged',
      { schema: 1, documents: [{ id: 3 }, null], matrices: 7, settings: { zoom: 1e9 }, pairs: [], layout: 5 },
    ],
  ])('with a workspace %s starts anew', async (_what, state) => {
    const { bench } = await restored(state);
    expect(bench.documents.getState().open).toEqual([]);
    expect(bench.settings.getState()).toEqual(DEFAULT_SETTINGS);
  });

  it('without an answer of the lab still starts', async () => {
    const refuse = () => {
      throw new LabError(labFailed('crashed', 'a bug'));
    };
    const { bench, said } = await restored(null, { 'workspace.get': refuse, 'drafts.get': refuse });
    expect(bench.documents.getState().open).toEqual([]);
    expect(said).toBe('a bug');
  });
});
