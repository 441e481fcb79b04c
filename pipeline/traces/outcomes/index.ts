import { asText, isObject, type Json } from '../draft.ts';
import { stemOf } from '../reading/entries.ts';
import { isPredictions, outcomesOfFinalReport } from './final-report.ts';
import { outcomesOfLog } from './logs.ts';
import { type OutcomeRecord, ranks } from './outcome.ts';
import { outcomesOfReport } from './report.ts';
import { outcomeOfHarborTrial, outcomeOfRewardText, outcomeOfVerifier, outcomesOfTerminalBench } from './trials.ts';

// a run of Terminal-Bench also lists ids like a final report, and knows more
const readers = [
  outcomesOfReport,
  outcomesOfTerminalBench,
  outcomesOfFinalReport,
  outcomeOfHarborTrial,
  outcomeOfVerifier,
];

/** Verdicts in a JSON document, or null when it holds none. */
export function outcomesOfDocument(value: unknown, uri: string): OutcomeRecord[] | null {
  for (const read of readers) {
    const found = read(value, uri);
    if (found) return found;
  }
  return null;
}

/** Verdicts in a text that is no JSON. */
export const outcomesOfText = (text: string, uri: string): OutcomeRecord[] | null =>
  outcomeOfRewardText(text, uri) ?? outcomesOfLog(text, uri);

/** The header of an Inspect log in its archive speaks about all its samples. */
export function outcomeOfHeader(value: unknown, uri: string): OutcomeRecord | null {
  const evaluation = isObject(value) ? value.eval : null;
  if (!uri.includes('!') || !isObject(evaluation) || typeof evaluation.task !== 'string') return null;
  const fill = {
    model_name: asText(evaluation.model),
    run_id: asText(evaluation.run_id),
    agent_name: asText(evaluation.solver),
  };
  return {
    uri,
    record: 0,
    folder: uri.slice(0, uri.indexOf('!') + 1),
    scope: 'folder',
    task_id: null,
    source: 'inspect_header',
    rank: ranks.none,
    outcome: 'unknown',
    fill,
  };
}

/** Known files beside traces that hold neither trajectories nor verdicts. */
export function isSideDocument(value: unknown, uri: string): boolean {
  if (isPredictions(value)) return true;
  const stem = stemOf(uri);
  if (isObject(value)) {
    const keys = Object.keys(value);
    if (['eval', 'plan'].every((key) => key in value) && 'status' in value) return true;
    if (uri.includes('.eval!') || /!_journal\//.test(uri)) return !('messages' in value);
    if (
      /^(config|args|settings|run_metadata|tb|lock|preds|metadata|base_state|package|state|job|registry|summaries|reductions|start)$/.test(
        stem.replace(/\.lock$/, ''),
      )
    )
      return !('messages' in value || 'steps' in value || 'trajectory' in value);
    return keys.length === 0;
  }
  return Array.isArray(value) && (value.length === 0 || /!(?:summaries|reductions|_journal)/.test(uri));
}

/** A report whose only fault is a comma too many. */
export function withoutTrailingCommas(text: string): Json | null {
  try {
    return JSON.parse(text.replace(/,(\s*[}\]])/g, '$1')) as Json;
  } catch {
    return null;
  }
}
