import { readdirSync, readFileSync } from 'node:fs';
import {
  findCpuModel,
  parseConfigurations,
  priceResult,
  type Configuration,
  type RunView,
  type Selection,
} from '../../core/index.ts';
import { compileScript } from '../../host/sandbox/compile/compile.ts';
import type { CompiledScript } from '../../host/sandbox/compile/compiled-script.ts';
import type { Description } from '../../host/sandbox/description.ts';
import { DEFAULT_LIMITS } from '../../host/sandbox/limits.ts';
import { runJob } from '../../host/workers/run-job.ts';

const FOLDER = new URL('../../scenarios/', import.meta.url);

/** Names of the scenarios, without `.ts`. */
export const scenarioNames = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))
  .sort();

export interface ScenarioRuns {
  readonly file: string;
  readonly description: Description;
  readonly runs: readonly RunView[];
}

/** The words of a scenario, and its script ready to run. */
export async function describeScenario(
  name: string,
): Promise<{ file: string; script: CompiledScript; description: Description }> {
  const file = `scenarios/${name}.ts`;
  const compiled = compileScript(readFileSync(new URL(`${name}.ts`, FOLDER), 'utf8'), file);
  if (!compiled.ok) throw new Error(`${file}:${compiled.error[0]!.line}: ${compiled.error[0]!.message}`);
  const script = compiled.value;
  const described = await runJob({ kind: 'describe', script, limits: DEFAULT_LIMITS }, () => {});
  if (described.kind !== 'described') throw new Error(`${file}: ${JSON.stringify(described)}`);
  return { file, script, description: described.description };
}

/** Runs a scenario on its own configurations, or on those that `on` makes of them, one after the other in this process. */
export async function runScenario(name: string, on: Selection = {}): Promise<ScenarioRuns> {
  const { file, script, description } = await describeScenario(name);
  const configurations = parseConfigurations({ ...(description.configurations as Selection), ...on });
  if (!configurations.ok) throw new Error(`${file}: ${configurations.error}`);
  const runs: RunView[] = [];
  for (const configuration of configurations.value) runs.push(await runOne(script, configuration));
  return { file, description, runs };
}

async function runOne(script: CompiledScript, configuration: Configuration): Promise<RunView> {
  const limits = DEFAULT_LIMITS;
  const answer = await runJob({ kind: 'run', script, limits, configuration, check: true, trace: 0 }, () => {});
  if (answer.kind !== 'ran') throw new Error(`${configuration.name}: ${JSON.stringify(answer)}`);
  const { result } = answer.report;
  const model = findCpuModel(configuration.cpu);
  if (!model.ok) throw new Error(model.error);
  const priced = priceResult(result.paths, model.value);
  if (!priced.ok) throw new Error(priced.error);
  return { result, priced: priced.value, model: model.value };
}
