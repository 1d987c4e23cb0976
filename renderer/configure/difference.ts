import {
  applyDesign,
  differences,
  findCpuModel,
  findDesign,
  findKernel,
  type Configuration,
  type Design,
  type PolicyDifference,
} from '../../core/index.ts';
import { AXIS_OPTIONS } from '../state/axes.ts';
import { en } from '../text/en.ts';

/** One thing in which two configurations differ. */
export interface Difference {
  readonly what: string;
  readonly a: string;
  readonly b: string;
  /** What it decides, and where that was read; empty where the name says it. */
  readonly doc: string;
  readonly source: string;
}

/** Everything in which two configurations differ: what was chosen, how the doorbell is built, what KVM does. */
export const differencesOf = (a: Configuration, b: Configuration): Difference[] => [
  ...choices(a, b),
  ...doorbells(a, b),
  ...policies(a, b),
];

const text = en.configure.fields;

/** The fields of a configuration as words. */
function words(configuration: Configuration): Record<string, readonly [string, string]> {
  const { mmu, cpu, kernel, design, mitigations, hostPage, vpid, nestedHost, seed, switches } = configuration;
  const model = findCpuModel(cpu);
  const found = findDesign(design);
  return {
    [text.mmu]: [AXIS_OPTIONS.mmus.find(({ id }) => id === mmu)?.title ?? mmu, ''],
    [text.cpu]: [cpu, model.ok ? model.value.name : ''],
    [text.kernel]: [kernel, ''],
    [text.design]: [design, found.ok ? found.value.title : ''],
    [text.mitigations]: [mitigations, ''],
    [text.hostPage]: [hostPage, ''],
    [text.vpid]: [vpid ? en.configure.on : en.configure.off, ''],
    [text.nestedHost]: [nestedHost ? en.configure.nested : en.configure.bare, ''],
    [text.seed]: [String(seed), ''],
    ...Object.fromEntries(Object.entries(switches).map(([name, value]) => [name, [String(value), ''] as const])),
  };
}

function choices(a: Configuration, b: Configuration): Difference[] {
  const [one, other] = [words(a), words(b)];
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names.flatMap((what) => {
    const [left, leftTitle] = one[what] ?? [en.configure.byDefault, ''];
    const [right, rightTitle] = other[what] ?? [en.configure.byDefault, ''];
    if (left === right) return [];
    const doc = leftTitle === '' && rightTitle === '' ? '' : `A: ${leftTitle}. B: ${rightTitle}.`;
    return [{ what, a: left, b: right, doc, source: '' }];
  });
}

function doorbells(a: Configuration, b: Configuration): Difference[] {
  const designs = [findDesign(a.design), findDesign(b.design)] as const;
  if (!designs[0].ok || !designs[1].ok) return [];
  const [one, other] = [doorbellWords(designs[0].value), doorbellWords(designs[1].value)];
  return Object.keys(one).flatMap((what) => {
    const [left, right] = [one[what] ?? '', other[what] ?? ''];
    return left === right ? [] : [{ what, a: left, b: right, doc: '', source: '' }];
  });
}

function doorbellWords({ doorbell }: Design): Record<string, string> {
  const { space, eventfd, length, datamatch } = doorbell;
  return {
    [text.doorbell]: en.configure.spaces[space],
    [text.eventfd]: eventfd ? en.common.yes : en.configure.noEventfd,
    [text.length]: eventfd ? (length === 0 ? en.configure.anyLength : en.configure.kickLength) : en.common.none,
    [text.datamatch]: datamatch ? en.common.yes : en.common.no,
  };
}

/** Fields of KVM's policy, with what each decides. */
function policies(a: Configuration, b: Configuration): Difference[] {
  const [one, other] = [policyOf(a), policyOf(b)];
  if (one === null || other === null) return [];
  return differences(one, other).map(({ field, a: left, b: right, doc, source }: PolicyDifference) => ({
    what: field,
    a: String(left),
    b: String(right),
    doc,
    source,
  }));
}

function policyOf({ kernel, design, mmu }: Configuration) {
  const [found, wanted] = [findKernel(kernel), findDesign(design)];
  if (!found.ok || !wanted.ok) return null;
  const policy = applyDesign(found.value.policy, wanted.value, mmu);
  return policy.ok ? policy.value : null;
}
