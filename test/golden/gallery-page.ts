import type { Description } from '../../host/sandbox/description.ts';

/** What the gallery's page says of one scenario: the scenario's own words. */
export function gallerySection(name: string, { title, question, claims, says, configurations }: Description): string {
  const file = `scenarios/${name}.ts`;
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}\n`).join('');
  const axes = Object.entries(configurations).map(([axis, value]) => `${AXES[axis] ?? axis} ${valueText(value)}`);
  return (
    `\n## ${title}\n\n**${question}**\n\n` +
    `[${file}](../${file}), \`npx exitlab compare ${file}\`. Compares ${axes.length === 0 ? 'every design on EPT and NPT' : axes.join('; ')}.\n\n` +
    `Claimed:\n\n${list(claims)}\nThe model says:\n\n${list(says)}`
  );
}

const AXES: Readonly<Record<string, string>> = {
  designs: 'designs',
  cpus: 'CPUs',
  mmus: 'MMU',
  kernels: 'kernels',
  mitigations: 'mitigations',
  nestedHost: 'nested host',
  vpid: 'VPID',
  hostPages: 'host pages',
  hostCpus: 'host CPUs (0: one a vCPU)',
  switches: 'with',
};

function valueText(value: unknown): string {
  const list = Array.isArray(value)
    ? (value as unknown[]).map((part) => (part === true ? 'yes' : part === false ? 'no' : String(part)))
    : Object.entries(value as object).map(([name, setting]) => `${name}=${String(setting)}`);
  return list.map((part) => `\`${part}\``).join(', ');
}
