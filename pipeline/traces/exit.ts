import type { Trace } from '../../schemas/traces.ts';

type ExitClass = Trace['exit_class'];

/** Tried in order on the lower-cased raw status; the first that matches wins. */
const rules: readonly [RegExp, ExitClass][] = [
  [/^submitted \(exit_(cost|context|total|command_timeout|format|error|api|env)/, 'submitted'],
  [/repeatedformat|formaterror|exit_format|exit_error.*format|parse_error$/, 'format_error'],
  [
    /exit_cost|limitsexceeded|max_?iteration|maximum iteration|limit|budget|exit_context|context ?window|max_turns|length|exhausted/,
    'limit',
  ],
  [/timeout|time_?exceeded|timed out|exit_total_execution_time|exit_command_timeout/, 'timeout'],
  [/environment|docker|container|sandbox|infra|installation_failed|setup/, 'env_error'],
  [/abort|interrupt|cancel|early_exit|keyboard|forfeit|stopped|paused|rejected/, 'aborted'],
  [/submit|complete|success|finish|done|resolved|agent_finished|end_turn|^stop$|awaiting_user_input/, 'submitted'],
  [/error|exception|fail|crash|exit_api|unknown_agent/, 'agent_error'],
];

/** Class of a raw exit status; unknown for null and for words nobody has seen. */
export function exitClass(status: string | null | undefined): ExitClass {
  if (!status) return 'unknown';
  const text = status.toLowerCase();
  return rules.find(([pattern]) => pattern.test(text))?.[1] ?? 'unknown';
}
