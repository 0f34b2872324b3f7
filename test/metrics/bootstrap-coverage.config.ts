import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/metrics/bootstrap-coverage.slow.ts'],
    globalSetup: 'test/helpers/temporary-folder.ts',
    pool: 'forks',
  },
});
