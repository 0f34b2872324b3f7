import { defineConfig } from 'vitest/config';

/** The suites of this folder in full; `npm test` runs them in a short form. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts', 'test/hostile/**/*.test.ts'],
    globalSetup: 'test/helpers/temporary-folder.ts',
    env: { FAULTS: 'full' },
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
  },
});
