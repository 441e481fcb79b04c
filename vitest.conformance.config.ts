import { defineConfig } from 'vitest/config';

/** What the consumers' own code says of our exports: `make conformance`. */
export default defineConfig({
  test: {
    include: ['tests/conformance/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 1_200_000,
  },
});
