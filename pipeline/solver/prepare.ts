import type { CandidateEdit } from '../mutation/types.ts';
import { type ActionSpace, actionSpace } from './action-space.ts';
import { writeEdit } from './edit-features.ts';
import { EditReader } from './edit-view.ts';
import { failureWords } from './failure-words.ts';
import { FeatureWriter, TextHashes } from './features.ts';
import type { LanguageModel } from './language-model.ts';
import type { RankedFunction } from './localise.ts';
import { writeOpen } from './open-features.ts';
import { DEFAULT_BUCKETS } from './policy.ts';
import type { FailureView } from './types.ts';

/** What an action of a task does. */
export type Action =
  | { kind: 'open'; function_index: number; function: RankedFunction }
  | { kind: 'edit'; function_index: number; edit: CandidateEdit };

/** A task as the policy meets it. */
export interface PreparedTask {
  task_id: string;
  failure: FailureView;
  functions: readonly RankedFunction[];
  /** By action number: opens in order of rank, then the edits of each function by position. */
  actions: readonly Action[];
  space: ActionSpace;
}

export interface PrepareInput {
  task_id: string;
  failure: FailureView;
  /** Most suspicious first, see `localise`. */
  functions: readonly RankedFunction[];
  /** Edits of each function, see `candidateEdits`. */
  edits: readonly (readonly CandidateEdit[])[];
  /** Counts of the *broken* tree: see `LanguageModel.withFile`. */
  model: LanguageModel;
  buckets?: number;
}

/** Lays out the actions of a task and computes the features of each. */
export function prepareTask(input: PrepareInput): PreparedTask {
  const { task_id, failure, functions, edits, model, buckets = DEFAULT_BUCKETS } = input;
  const hashes = new TextHashes();
  const words = failureWords(failure, hashes);
  const out = new FeatureWriter(buckets);
  for (const [rank, ranked] of functions.entries()) writeOpen(out, ranked, rank, words, hashes);
  for (const [rank, ranked] of functions.entries()) {
    const fn = { ranked, rank, naturalness: model.without(ranked.text), frames: failure.frames };
    const reader = new EditReader(fn, hashes);
    for (const edit of edits[rank]!) writeEdit(out, edit, reader.read(edit), fn, words, hashes);
  }
  const places = edits.map((list) => list.map((edit) => ({ ...edit, site: `${edit.start} ${edit.end}` })));
  const space = actionSpace(places, out.finish());
  return { task_id, failure, functions, actions: listActions(functions, edits), space };
}

const listActions = (functions: readonly RankedFunction[], edits: PrepareInput['edits']): Action[] => [
  ...functions.map((fn, function_index): Action => ({ kind: 'open', function_index, function: fn })),
  ...edits.flatMap((list, function_index) => list.map((edit): Action => ({ kind: 'edit', function_index, edit }))),
];
