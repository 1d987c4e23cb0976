import * as v from 'valibot';
import { readKept, Writes, writeKept } from './kept-json.ts';

const MOST = 30;
const schema = v.object({ schema: v.literal('exitlab.recent/1'), names: v.array(v.string()) });

/** Names of the files opened or saved lately, newest first. A list that cannot be read is an empty one. */
export class Recent {
  private readonly path: string;
  private names: string[] | null = null;
  private readonly writes = new Writes();

  constructor(path: string) {
    this.path = path;
  }

  async list(): Promise<readonly string[]> {
    this.names ??= (await readKept(this.path, 1 << 20, (input) => v.parse(schema, input).names)).value ?? [];
    return this.names;
  }

  async add(name: string): Promise<void> {
    const names = [name, ...(await this.list()).filter((other) => other !== name)].slice(0, MOST);
    this.names = names;
    await this.writes.next(() => writeKept(this.path, { schema: 'exitlab.recent/1', names })).catch(() => {});
  }
}
