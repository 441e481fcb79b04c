import { defineConfig } from 'vitest/config';

/** The tests that take minutes: `make test-long`. One file at a time, so that they measure themselves alone. */
export default defineConfig({
  test: {
    include: ['tests/long/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
  },
});
