import * as z from 'zod';

/**
 * One trusted task as it is pinned: the place and the text of its bug, and the digest of the tests it must fail.
 * Holds no code of the repository but the few characters the bug puts there.
 */
export const TrustedSpec = z.strictObject({
  repository: z.string().min(1),
  version: z.string().min(1),
  language: z.enum(['python', 'javascript', 'go']),
  split: z.enum(['validation', 'held_out']),
  path: z.string().min(1),
  symbol: z.string().min(1),
  operator: z.string().min(1),
  start: z.int().nonnegative(),
  end: z.int().nonnegative(),
  replacement: z.string(),
  /** Rank of the true function among the suspects: 1, 2 to 5, or 6 for farther down. */
  difficulty: z.enum(['first', 'near', 'far']),
  fail_to_pass_digest: z.string().length(16),
});
export type TrustedSpec = z.infer<typeof TrustedSpec>;

export const TrustedFile = z.strictObject({
  /** Digest of `tasks`, so that an edit by hand does not go unnoticed. */
  digest: z.string().length(64),
  tasks: z.array(TrustedSpec),
});
