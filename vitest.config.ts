import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Both cores of a machine with two: Vitest leaves one idle, and files of one worker would come after the window's. */
const WORKERS = Math.max(2, availableParallelism() - 1);

/** One project a kind of test, so that one kind runs alone: `npx vitest run --project property`. */
function project(name: string, include: string[], testTimeout = 10_000, maxWorkers = WORKERS) {
  return { extends: true as const, test: { name, include, testTimeout, hookTimeout: testTimeout, maxWorkers } };
}

const window = {
  extends: true as const,
  test: {
    ...project('window', ['test/e2e/window/**/*.test.ts'], 120_000, 1).test,
    sequence: { groupOrder: 1 },
  },
};

export default defineConfig({
  test: {
    expect: { requireAssertions: true },
    projects: [
      project('unit', ['core/**/*.test.ts', 'host/**/*.test.ts', 'renderer/**/*.test.ts'], 30_000),
      project('architecture', ['test/architecture/**/*.test.ts'], 30_000),
      project('conformance', ['test/conformance/**/*.test.ts'], 120_000),
      project('cosim', ['test/cosim/**/*.test.ts'], 120_000),
      project('property', ['test/property/**/*.test.ts'], 120_000),
      project('golden', ['test/golden/**/*.test.ts'], 180_000),
      project('electron', ['test/electron/**/*.test.ts'], 60_000),
      project('e2e', ['test/e2e/*.test.ts'], 60_000),
      // One after the other and after everything else: what they measure must not be measured against other tests.
      window,
    ],
  },
});
