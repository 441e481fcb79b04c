import type { Trace } from '../../../schemas/traces.ts';
import type { VerdictDraft } from '../draft.ts';

/** A verdict read from a file of its own, with what is needed to find its trace. */
export interface OutcomeRecord extends VerdictDraft {
  uri: string;
  record: number;
  task_id: string | null;
  run_id?: string | null;
  /** Id that the trace's own record carries; the strongest key. */
  trajectory_id?: string | null;
  /** Path of the trace file that the verdict names. */
  file?: string | null;
  /** Folder whose traces it speaks about. */
  folder: string;
  /**
   * What it covers. `task`: traces of its task. `folder`: every trace in its folder. `rest`: the report lists what was
   * resolved out of a whole run, so every other trace in its folder is unresolved.
   */
  scope: 'task' | 'folder' | 'rest';
  /** Sources that looked closer win over those that sum up. */
  rank: number;
  failure_mode?: string | null;
  /** What the trace itself may not know. */
  fill?: Partial<
    Pick<
      Trace,
      | 'model_name'
      | 'agent_name'
      | 'agent_version'
      | 'provider_name'
      | 'task_id'
      | 'run_id'
      | 'attempt'
      | 'exit_status'
      | 'cost_usd'
      | 'prompt_tokens'
      | 'completion_tokens'
      | 'cached_tokens'
      | 'started_at'
      | 'ended_at'
      | 'problem_statement'
      | 'repo'
      | 'language'
      | 'trajectory_id'
    >
  >;
}

/** Closest look first. */
export const ranks = {
  report: 50,
  log: 45,
  record: 44,
  trial: 42,
  reward: 40,
  final_report: 38,
  rest: 20,
  table: 10,
  none: 0,
} as const;
