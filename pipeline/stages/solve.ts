import * as z from 'zod';
import { Policies } from '../../schemas/policies.ts';
import { Repositories } from '../../schemas/repositories.ts';
import { AnswerKeys, Tasks } from '../../schemas/tasks.ts';
import { Steps, TestOutcomes, ToolCalls, Traces } from '../../schemas/traces.ts';
import { Verdicts } from '../../schemas/verdicts.ts';
import type { Challenge } from '../arena/arena.ts';
import { type ArenaPort, attempt, openAll, tasksAtOnce, validTasks } from '../arena/attempt.ts';
import { loadCheckpoint } from '../arena/policies.ts';
import { type TraceRows, traceOf } from '../arena/trace.ts';
import { mapLimit } from '../concurrency.ts';
import type { Harness, ObjectStore } from '../ports.ts';
import type { Policy } from '../solver/policy.ts';
import { bootstrap, current, defineStage } from '../stage.ts';

/** The round's checkpoint attempts the round's valid tasks; every step becomes a row that the next round reads. */
export const solve = defineStage({
  name: 'solve',
  version: 1,
  reads: {
    repositories: bootstrap(Repositories),
    tasks: current(Tasks),
    answer_keys: current(AnswerKeys),
    verdicts: current(Verdicts),
    policies: current(Policies),
  },
  writes: { traces: Traces, steps: Steps, tool_calls: ToolCalls, test_outcomes: TestOutcomes },
  params: z.object({
    /** Attempts per task. */
    attempts: z.int().min(1).default(6),
  }),
  ports: ['arena', 'harness', 'objects'],
  async run({ repositories, tasks, answer_keys, verdicts, policies }, { params, ports, progress }) {
    const { arena, objects, harness } = ports as unknown as {
      arena: ArenaPort;
      objects: ObjectStore;
      harness: Harness;
    };
    const before = { ...harness.executions };
    const { policy, row } = await loadCheckpoint(policies, objects);
    const valid = validTasks(tasks, verdicts);
    const challenges = await openAll(arena.of(repositories), valid, answer_keys);
    let done = 0;
    const rows = await mapLimit(challenges, tasksAtOnce, async (challenge) => {
      const traces = challenge ? await attemptsAt(challenge, policy, row.policy_id, params.attempts) : [];
      progress(++done, challenges.length);
      return traces;
    });
    const all = rows.flat();
    return {
      tables: {
        traces: all.map((r) => r.trace),
        steps: all.flatMap((r) => r.steps),
        tool_calls: all.flatMap((r) => r.tool_calls),
        test_outcomes: all.flatMap((r) => r.test_outcomes),
      },
      dropped: { not_reproducible: challenges.filter((c) => c === null).length },
      usage: {
        executions: harness.executions.asked - before.asked,
        unique_executions: harness.executions.unique - before.unique,
      },
    };
  },
});

async function attemptsAt(
  challenge: Challenge,
  policy: Policy,
  policy_id: string,
  count: number,
): Promise<TraceRows[]> {
  const rollouts = await attempt(challenge, { policy, checkpoint_id: `${policy_id}/solve`, count });
  const episodes = rollouts.episodes();
  const found = episodes.flatMap((e) => (e.is_solved ? [e.submitted!] : []));
  const repairs = [...new Set([...challenge.reversals, ...found])].sort((a, b) => a - b);
  return Promise.all(episodes.map((episode) => traceOf(challenge, episode, { policy_id, repairs })));
}
