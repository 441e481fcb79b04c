import { grpoAdvantages } from './grpo.ts';

/** What the Generator chooses by: the bug operator and the kind of node it acts on. */
export interface GeneratorAction {
  operator: string;
  context: string;
}

/** Logits of the Generator; 0 for what is not named. Plain data, kept between rounds. */
export interface GeneratorLogits {
  operator: Readonly<Record<string, number>>;
  context: Readonly<Record<string, number>>;
}

export const NO_PREFERENCE: GeneratorLogits = { operator: {}, context: {} };

/** exp(logit of operator + logit of context): how much more often than its equals a site is drawn. */
export const generatorWeight = (logits: GeneratorLogits, { operator, context }: GeneratorAction): number =>
  Math.exp((logits.operator[operator] ?? 0) + (logits.context[context] ?? 0));

/**
 * One GRPO step on the alignment rewards of what the Generator drew: each group is one prompt (a repository and skill)
 * whose candidates are compared with one another. Advantages of a group sum to zero, so the softmax's expected part
 * cancels and what is left of the gradient is the sum of advantages per logit.
 */
export function updateGenerator(
  logits: GeneratorLogits,
  groups: readonly (readonly (GeneratorAction & { reward: number })[])[],
  learning_rate = 0.15,
): GeneratorLogits {
  const next = { operator: { ...logits.operator }, context: { ...logits.context } };
  for (const group of groups) {
    const advantages = grpoAdvantages(group.map(({ reward }) => reward));
    for (const [i, { operator, context }] of group.entries()) {
      const change = learning_rate * advantages[i]!;
      if (change === 0) continue;
      next.operator[operator] = (next.operator[operator] ?? 0) + change;
      next.context[context] = (next.context[context] ?? 0) + change;
    }
  }
  return next;
}
