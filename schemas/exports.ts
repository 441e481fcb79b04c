import { defineTable, id, type Row, text } from './table.ts';

export const Exports = defineTable('exports', {
  doc: 'Which tasks were handed out in which export.',
  key: ['export_id', 'task_id'],
  columns: {
    export_id: id('Export: of its kind, profile, round and digest, so that the same export again is the same row.'),
    task_id: id('Task in it.'),
    kind: text('What was exported: harbor, swebench, hf, rl or sft.'),
    profile: text('Form of the rows.'),
    digest: text('SHA-256 of the files, as the manifest of the export has it.'),
  },
});
export type Export = Row<typeof Exports>;
