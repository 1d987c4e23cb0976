/** One check of a comparison, for a CI server. */
export interface JunitCase {
  /** Configuration, or pair of configurations, that was checked. */
  readonly name: string;
  readonly what: string;
  /** Why it failed; null when it passed. */
  readonly failure: string | null;
}

/** The checks as JUnit XML, in the form that CI servers agree on (testsuites, testsuite, testcase, failure). No clock: the same checks make the same bytes. */
export function junitXml(suite: string, cases: readonly JunitCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== null).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="0"`;
  const rows = cases.map(({ name, what, failure }) => {
    const open = `    <testcase classname="${escaped(suite)}" name="${escaped(`${name}: ${what}`)}"`;
    return failure === null ? `${open}/>` : `${open}>\n      <failure message="${escaped(failure)}"/>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(suite)}" ${counts}>`,
    ...rows,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text as XML takes it; characters that XML 1.0 has not become a question mark. */
const escaped = (text: string): string =>
  [...text].map((char) => ENTITIES[char] ?? (isXmlChar(char.codePointAt(0)!) ? char : '?')).join('');

const isXmlChar = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code < 0xd800) ||
  (code > 0xdfff && code !== 0xfffe && code !== 0xffff);
