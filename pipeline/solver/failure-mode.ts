import type { Episode } from './episode.ts';
import type { PreparedTask } from './prepare.ts';

/**
 * How an episode ended, from what the engine knows.
 * `unrepairable`: no known repair among the actions. `overfit`: handed in an edit that fixes the failing tests and
 * breaks others. `localise_function`: never opened the function of a repair. `localise_line`: opened it, never edited
 * a line of a repair. `wrong_operator`: edited the line, never with the operator of a repair there. `exhausted`:
 * right line and operator, out of actions before the right replacement.
 */
export type FailureMode =
  | 'ok'
  | 'unrepairable'
  | 'overfit'
  | 'localise_function'
  | 'localise_line'
  | 'wrong_operator'
  | 'exhausted';

/**
 * Classifies an episode. `repairs` are the actions known to be full repairs: the reverse of the injected bug, and
 * any found by execution. Engine knowledge: never shown to the Solver.
 */
export function failureMode(task: PreparedTask, episode: Episode, repairs: readonly number[]): FailureMode {
  if (episode.is_solved) return 'ok';
  if (repairs.length === 0) return 'unrepairable';
  if (episode.submission?.class === 'fixed') return 'overfit';
  const opened = new Set(episode.steps.filter((step) => step.kind === 'open').map((step) => step.action));
  const tried = episode.steps.filter((step) => step.kind === 'edit').map((step) => step.action);
  const { function_of, lines, operators } = task.space;
  if (!repairs.some((repair) => opened.has(function_of[repair]!))) return 'localise_function';
  const onLine = (repair: number) => tried.filter((action) => lines.of[action] === lines.of[repair]);
  if (repairs.every((repair) => onLine(repair).length === 0)) return 'localise_line';
  const withOperator = (repair: number) => onLine(repair).some((a) => operators.of[a] === operators.of[repair]);
  return repairs.some(withOperator) ? 'exhausted' : 'wrong_operator';
}
