import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/cases/**/*.test.ts'],
    globalSetup: 'test/helpers/temporary-folder.ts',
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
  },
});
