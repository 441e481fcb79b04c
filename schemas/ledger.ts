import { defineTable, duration, id, type Row, real, tally } from './table.ts';

export const Ledger = defineTable('ledger', {
  doc: 'What a stage cost.',
  key: ['stage'],
  columns: {
    stage: id('Stage.'),
    execution_count: tally('Test executions asked for.'),
    unique_execution_count: tally('Test executions the stage asked for that had never been asked for before.'),
    cost_usd: real('Money spent on model calls.'),
    wall_ms: duration('Wall time.'),
    cpu_ms: duration('Processor time of this process and of its children.'),
    alignment_ms: duration('Part of wall time spent on gradients, sketches and cosines.'),
  },
});
export type LedgerRow = Row<typeof Ledger>;
