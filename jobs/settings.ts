import * as z from 'zod';
import { LEVELS } from '../pipeline/sandbox/index.ts';
import { distillParams } from '../pipeline/stages/distill.ts';
import { generateParams } from '../pipeline/stages/generate.ts';
import { scoreParams } from '../pipeline/stages/score.ts';
import { selectParams } from '../pipeline/stages/select.ts';
import { trainParams } from '../pipeline/stages/train.ts';
import { validateParams } from '../pipeline/stages/validate.ts';
import { warmStartParams } from '../pipeline/stages/warm-start.ts';

/** Everything a user may set. Defaults here are what `make round` runs. */
export const Settings = z.strictObject({
  seed: z.string().min(1).default('socratic').describe('text that seeds every random choice'),
  data: z.string().min(1).default('data').describe('folder of the warehouse, the cache and the reports'),
  workers: z.int().min(1).max(256).default(2).describe('test runs at a time'),
  repositories: z
    .string()
    .refine(isPattern, 'expected a regular expression')
    .default('')
    .describe('regular expression: use only seeds whose name matches'),
  python: z.string().min(1).default('python3').describe('interpreter that makes the environment of the Python seeds'),
  sandbox: z
    .enum(['strongest', ...LEVELS])
    .default('strongest')
    .describe('sandbox level: the stronger one by bubblewrap that works here, or that one and no other'),
  unsafe_local: z.boolean().default(false).describe('run repository code without isolation; never set by itself'),
  prepare: z
    .strictObject({
      reruns: z.int().min(1).default(2),
      fewest_tests: z.int().min(1).default(5),
      slowest_test_ms: z.number().positive().default(400),
    })
    .prefault({}),
  trusted: z
    .strictObject({
      most_validation: z.int().min(1).nullable().default(null),
      most_held_out: z.int().min(1).nullable().default(null),
    })
    .prefault({}),
  bootstrap: z.strictObject({ candidates: z.int().min(1).default(64).describe('seed tasks of round 0') }).prefault({}),
  generate: z.strictObject({ ...generateParams.shape, candidates: z.int().min(1).default(96) }).prefault({}),
  validate: z.strictObject(validateParams.shape).prefault({}),
  warm_start: z.strictObject(warmStartParams.shape).prefault({}),
  distill: z.strictObject(distillParams.shape).prefault({}),
  score: z.strictObject(scoreParams.shape).prefault({}),
  select: z.strictObject(selectParams.shape).prefault({}),
  train: z.strictObject(trainParams.shape).prefault({}),
  solve: z.strictObject({ attempts: z.int().min(1).default(6) }).prefault({}),
  evaluate: z.strictObject({ attempts: z.int().min(1).default(8) }).prefault({}),
});
export type Settings = z.infer<typeof Settings>;

/** Parameters of a stage in a round. */
export function paramsOf(settings: Settings, stage: string, round: number): unknown {
  if (stage === 'generate' && round === 0)
    return { ...settings.generate, candidates: settings.bootstrap.candidates, explore: 1 };
  return settings[stage as keyof Settings] ?? {};
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
