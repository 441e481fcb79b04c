import type { Score } from '../../schemas/scores.ts';
import type { AnswerKey, Task } from '../../schemas/tasks.ts';
import { type GeneratorLogits, NO_PREFERENCE, updateGenerator } from '../training/generator.ts';

/**
 * What the Generator learnt from R_G of every round so far: one GRPO step, each (repository, skill) being a prompt
 * whose candidates are compared with one another. Rejected candidates earned 0.
 */
export function learnedLogits(
  scores: readonly Score[],
  tasks: readonly Task[],
  answer_keys: readonly AnswerKey[],
): GeneratorLogits {
  const keyOf = new Map(answer_keys.map((key) => [key.task_id, key]));
  const taskOf = new Map(tasks.map((task) => [task.task_id, task]));
  const prompts = Map.groupBy([...scores].sort(byTask), ({ task_id }) => {
    const { repository_id, skill_id } = taskOf.get(task_id)!;
    return `${repository_id} ${skill_id ?? ''}`;
  });
  const groups = [...prompts.keys()].sort().map((prompt) =>
    prompts.get(prompt)!.map(({ task_id, reward }) => {
      const { operator, context } = keyOf.get(task_id)!;
      return { operator, context, reward };
    }),
  );
  return updateGenerator(
    NO_PREFERENCE,
    groups.filter((group) => group.length > 1),
  );
}

const byTask = (a: Score, b: Score): number => (a.task_id < b.task_id ? -1 : 1);
