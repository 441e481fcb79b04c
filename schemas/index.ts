import { Exports } from './exports.ts';
import { Ledger } from './ledger.ts';
import { Evaluations, Policies } from './policies.ts';
import { Repositories } from './repositories.ts';
import { Scores, Selections, Sketches } from './scores.ts';
import { Skills } from './skills.ts';
import type { Table } from './table.ts';
import { AnswerKeys, Tasks, TrustedAnswerKeys, TrustedTasks } from './tasks.ts';
import {
  ImportedAnswerKeys,
  ImportSources,
  IngestRejects,
  Outcomes,
  Steps,
  TestOutcomes,
  ToolCalls,
  Traces,
} from './traces.ts';
import { Verdicts } from './verdicts.ts';

/** Every table of the warehouse, in the order a round fills them. */
export const tables: readonly Table[] = [
  Repositories,
  TrustedTasks,
  TrustedAnswerKeys,
  Traces,
  Steps,
  ToolCalls,
  TestOutcomes,
  IngestRejects,
  ImportSources,
  Outcomes,
  ImportedAnswerKeys,
  Skills,
  Tasks,
  AnswerKeys,
  Verdicts,
  Sketches,
  Scores,
  Selections,
  Policies,
  Evaluations,
  Ledger,
  Exports,
];
