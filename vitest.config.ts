import { defineConfig, type ViteUserConfig as UserConfig } from 'vitest/config';

/** Suites that have a make target of their own, by the mode that asks for one: a folder of tests, one file at a time. */
const suites: Record<string, UserConfig['test']> = {
  long: { testTimeout: 1_800_000, hookTimeout: 600_000 },
  browser: { testTimeout: 120_000, hookTimeout: 240_000, expect: { poll: { timeout: 20_000 } } },
  conformance: { testTimeout: 300_000, hookTimeout: 1_200_000 },
};
const apart = [...Object.keys(suites), 'bench'].map((folder) => `tests/${folder}/**`);

/** `vitest run` has everything else. */
export default defineConfig(({ mode }) => ({
  test: suites[mode]
    ? { ...suites[mode], include: [`tests/${mode}/**/*.test.ts`], pool: 'forks', maxWorkers: 1 }
    : {
        include: ['tests/**/*.test.ts'],
        exclude: [...apart, 'node_modules/**'],
        pool: 'forks',
        maxWorkers: 2,
        testTimeout: 30_000,
      },
}));
