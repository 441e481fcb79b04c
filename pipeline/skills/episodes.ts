import type { AnswerKey, Task } from '../../schemas/tasks.ts';
import type { Trace } from '../../schemas/traces.ts';

/** One attempt as the miner reads it. */
export interface MinedEpisode {
  trace_id: string;
  task_id: string;
  repository: string;
  language: string;
  /** What the task was about. */
  operator: string;
  context: string;
  exception: string;
  outcome: 'success' | 'partial' | 'failure';
  failure_mode: string;
  /** Step that shows what happened: the last edit, or the last step. */
  step_id: number;
}

export interface EpisodeSources {
  traces: readonly Trace[];
  tasks: readonly Task[];
  answer_keys: readonly AnswerKey[];
  /** Repository name by id. */
  names: ReadonlyMap<string, string>;
}

/** Attempts at our own tasks, in order of trace id. Traces whose task or outcome is unknown teach nothing and are left out. */
export function episodesOf({ traces, tasks, answer_keys, names }: EpisodeSources): MinedEpisode[] {
  const taskOf = new Map(tasks.map((task) => [task.task_id, task]));
  const keyOf = new Map(answer_keys.map((key) => [key.task_id, key]));
  return traces.flatMap((trace) => {
    const task = taskOf.get(trace.task_id ?? '');
    const key = keyOf.get(trace.task_id ?? '');
    if (!task || !key || trace.outcome === 'unknown') return [];
    return [
      {
        trace_id: trace.trace_id,
        task_id: task.task_id,
        repository: names.get(task.repository_id) ?? task.repository_id,
        language: task.language,
        operator: key.operator,
        context: key.context,
        exception: exceptionIn(task.problem_statement),
        outcome: outcomeOf(trace.outcome),
        failure_mode: trace.failure_mode ?? 'unknown',
        step_id: trace.step_count,
      },
    ];
  });
}

const outcomeOf = (outcome: Trace['outcome']): MinedEpisode['outcome'] =>
  outcome === 'resolved' ? 'success' : outcome === 'partial' ? 'partial' : 'failure';

/** First exception type that the failing tests name, or `none`. */
export const exceptionIn = (statement: string): string =>
  statement.match(/: ([A-Z]\w*(?:Error|Exception|Iteration|Exit|Warning))\b/)?.[1] ?? 'none';
