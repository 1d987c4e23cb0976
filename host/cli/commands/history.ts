import { readFile } from 'node:fs/promises';
import { compareText, cut, table, wrap } from '../../../core/index.ts';
import { readResultFile } from '../../contract/result-file.ts';
import { storedReport } from '../../report/stored-report.ts';
import { scenarioWords } from '../../lab/scenario-words.ts';
import { History, type HistoryRow } from '../../store/history.ts';
import { historyPath } from '../../store/history-path.ts';
import { last, numberOf } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import type { Command, CommandInput } from '../command.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { deliver, jsonText } from '../output.ts';
import { version } from '../version.ts';

type Action = (history: History, input: CommandInput, rest: readonly string[]) => Promise<void> | void;

/** A run's number as the user gives it. */
export function runNumber(text: string | undefined): number {
  if (text === undefined) throw new BadInput('name a run by its number (exitlab history lists them)');
  const id = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(id))
    throw new BadInput(`'${text}' is no number of a run (exitlab history lists them)`);
  return id;
}

const orBad = <T>(result: { ok: true; value: T } | { ok: false; error: string }): T => {
  if (!result.ok) throw new BadInput(result.error);
  return result.value;
};

/** Date and time of the user's, to the minute. Only the list has it; reports have no clock. */
function when(created: number): string {
  const date = new Date(created);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

const configurationsText = ({ configurations }: HistoryRow): string => {
  const names = configurations.map(({ name }) => name);
  return names.length <= 2 ? names.join(', ') : `${names.slice(0, 2).join(', ')} +${names.length - 2}`;
};

const ACTIONS: Readonly<Record<string, Action>> = {
  list: (history, { options, terminal }) => {
    const tag = last(options, 'tag');
    const rows = history.list({
      search: last(options, 'search') ?? '',
      ...(tag === undefined ? {} : { tag }),
      deleted: last(options, 'deleted') !== undefined,
      limit: numberOf(options, 'limit', 50, 1),
    });
    if (last(options, 'json') !== undefined) {
      terminal.out(jsonText({ schema: 'exitlab.history/1', version: version(), runs: rows }));
      return;
    }
    if (rows.length === 0) {
      terminal.out('No run is stored that fits.\n');
      return;
    }
    const laid = table(
      [
        { title: 'run', align: 'right' },
        { title: 'when' },
        { title: 'what' },
        { title: 'configurations' },
        { title: 'tags' },
      ],
      rows.map((row) => [
        String(row.id),
        when(row.created),
        cut(row.title, 24),
        cut(configurationsText(row), 30),
        row.tags.join(' '),
      ]),
      terminal.style.heading,
    );
    terminal.out(`${laid.join('\n')}\n`);
  },
  show: (history, { options, terminal }, [id]) => {
    const number = runNumber(id);
    const row = orBad(history.find(number));
    const report = orBad(storedReport(orBad(history.get(number)), last(options, 'baseline') ?? null, 'stored'));
    terminal.out(
      [
        `run ${row.id}, ${when(row.created)}, exitlab ${row.version}${row.deleted ? ', deleted' : ''}`,
        ...(row.tags.length === 0 ? [] : [`tags: ${row.tags.join(' ')}`]),
        ...(row.note === '' ? [] : wrap(row.note)),
        '',
        '',
      ].join('\n'),
    );
    terminal.out(compareText(report.scenario, report.runs, report.leftOut, null, terminal.style, report.draws));
  },
  tag: (history, { terminal }, [id, ...words]) => {
    const number = runNumber(id);
    const tags = new Set(orBad(history.find(number)).tags);
    if (words.length === 0)
      throw new BadInput(
        'name the tags to set, and with a ^ before it one to remove: exitlab history tag 3 rfc-v2 ^draft',
      );
    for (const word of words) {
      if (word.startsWith('^')) tags.delete(word.slice(1));
      else tags.add(word);
    }
    const row = orBad(history.change(number, { tags: [...tags] }));
    terminal.out(`run ${number}: ${row.tags.length === 0 ? 'no tags' : row.tags.join(' ')}\n`);
  },
  note: (history, { terminal }, [id, ...words]) => {
    const number = runNumber(id);
    orBad(history.change(number, { note: words.join(' ') }));
    terminal.out(`run ${number}: noted\n`);
  },
  delete: (history, { terminal }, ids) => {
    const numbers = ids.length === 0 ? [runNumber(undefined)] : ids.map(runNumber);
    for (const number of numbers) orBad(history.find(number));
    for (const number of numbers) orBad(history.change(number, { deleted: true }));
    terminal.out(`deleted ${numbers.join(', ')}; "exitlab history undo" takes the last one back, for 30 days\n`);
  },
  undo: (history, { terminal }, [id]) => {
    const number = id === undefined ? history.lastDeleted() : runNumber(id);
    if (number === null) throw new BadInput('no run is deleted');
    orBad(history.change(number, { deleted: false }));
    terminal.out(`run ${number} is back\n`);
  },
  export: async (history, { options, terminal }, [id]) => {
    const file = orBad(history.get(runNumber(id)));
    await deliver(`${JSON.stringify(file)}\n`, last(options, 'output'), terminal);
  },
  import: async (history, { terminal }, [path]) => {
    if (path === undefined) throw new BadInput('name a result file to import');
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch {
      throw new BadInput(`${path}: cannot be read`);
    }
    const read = readResultFile(text);
    if (!read.ok) throw new BadInput(`${path}: ${read.error}`);
    const title = scenarioWords(read.value.run.script.text)?.title ?? read.value.run.script.name;
    terminal.out(`stored as run ${history.add(read.value, title)}\n`);
  },
};

const doHistory = async (input: CommandInput): Promise<number> => {
  const [name = 'list', ...rest] = input.positionals;
  const action = ACTIONS[name];
  if (action === undefined)
    throw new BadInput(`'${name}' is nothing that can be done with the history: ${Object.keys(ACTIONS).join(', ')}`);
  const history = orBad(History.open(historyPath()));
  try {
    await action(history, input, rest);
  } finally {
    history.close();
  }
  return EXIT_OK;
};

export const history: Command = {
  name: 'history',
  usage: '[list | show N | tag N TAG... | note N TEXT | delete N... | undo [N] | export N -o FILE | import FILE]',
  summary: 'stored runs: every run of the window and of the command line',
  details: [
    'Runs are numbered and never change. "exitlab report N" makes a report of one without running anything; deleted runs are kept for 30 days.',
  ],
  options: [
    {
      name: 'search',
      argument: 'WORDS',
      help: 'only runs with these words in title, script, configurations, note or tags',
    },
    { name: 'tag', argument: 'TAG', help: 'only runs with this tag' },
    { name: 'deleted', help: 'the deleted ones instead' },
    { name: 'limit', argument: 'N', help: 'the last so many, default 50' },
    { name: 'baseline', argument: 'NAME', help: 'with show: the configuration to compare with' },
    { name: 'json', help: 'with list: JSON (docs/json.md)' },
    { name: 'output', short: 'o', argument: 'FILE', help: 'with export: the result file to write' },
  ],
  positionals: [0, 100],
  run: doHistory,
};

/** A stored run as a result file, for commands that take a run. */
export function storedRunOf(id: number): ReturnType<History['get']> {
  const opened = History.open(historyPath());
  if (!opened.ok) return opened;
  try {
    return opened.value.get(id);
  } finally {
    opened.value.close();
  }
}
