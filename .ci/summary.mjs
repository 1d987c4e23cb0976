// Sums what the steps of .ci/run left behind: prints `N passed, N failed, N skipped` as its last line, exits 1 if anything
// failed. Plain JavaScript, because it must also speak when the install failed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? 'out/ci';
const read = (name) => readFileSync(join(folder, name), 'utf8');

/** Vitest's JSON report; a file that could not be loaded has no test and counts as one failure. */
function countVitest() {
  const report = JSON.parse(read('vitest.json'));
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** The last line of that form which the step itself printed. */
function countLog(name) {
  const lines = [...read(`${name}.log`).matchAll(/(\d+) passed, (\d+) failed, (\d+) skipped/g)];
  const [, passed, failed, skipped] = (lines.at(-1) ?? [0, 0, 0, 0]).map(Number);
  return { passed, failed, skipped };
}

function countStep(name) {
  try {
    if (name === 'test') return countVitest();
    if (name === 'conformance') return countLog(name);
  } catch (error) {
    console.log(`${name}: no result to read (${error.message})`);
  }
  return { passed: 0, failed: 0, skipped: 0 };
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.status'))) {
  const name = file.slice(0, -'.status'.length);
  const status = Number(read(file));
  const count = countStep(name);
  // A step that failed as a whole, not by one of its tests, is one failure.
  if (status !== 0 && count.failed === 0) {
    console.log(`${name}: exit code ${status}`);
    count.failed = 1;
  }
  for (const key of Object.keys(total)) total[key] += count[key];
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
