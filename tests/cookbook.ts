/** The queries of sql/COOKBOOK.md and their answers. Run by itself, it rewrites the answers from the sample. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { drawTable } from '../jobs/draw-table.ts';
import { Database } from '../pipeline/warehouse/database.ts';
import { createMarts } from '../pipeline/warehouse/views.ts';
import { importInto } from './pipeline/traces/rig.ts';

export const cookbookFile = 'sql/COOKBOOK.md';

/** The text with every query followed by its present answer. */
export async function answered(text: string, ask: (sql: string) => Promise<object[]>): Promise<string> {
  const bare = text.replace(/(```sql\n[\s\S]*?\n```)\n```text\n[\s\S]*?\n```/g, '$1');
  const pieces = bare.split(/(```sql\n[\s\S]*?\n```)/);
  const written: string[] = [];
  for (const piece of pieces) {
    written.push(piece);
    const sql = piece.match(/^```sql\n([\s\S]*?)\n```$/)?.[1];
    if (sql) written.push(`\n\`\`\`text\n${drawTable(await ask(sql))}\n\`\`\``);
  }
  return written.join('');
}

if (import.meta.main) {
  const scratch = mkdtempSync(join(tmpdir(), 'socratic-cookbook-'));
  const database = await Database.open();
  await importInto(database, [resolve('../shared/traces')], scratch);
  await createMarts(database);
  writeFileSync(cookbookFile, await answered(readFileSync(cookbookFile, 'utf8'), (sql) => database.rows(sql)));
  database.close();
  rmSync(scratch, { recursive: true, force: true });
}
