/**
 * Time and memory of every mart over millions of steps: the sample's rows repeated under new trace ids, long texts cut.
 *   node tests/bench/marts.ts [--steps 5000000] [--memory 1GB]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawTable } from '../../jobs/draw-table.ts';
import { Database, quote } from '../../pipeline/warehouse/database.ts';
import { createMarts, emptyTable, sqlFiles } from '../../pipeline/warehouse/views.ts';
import { tables } from '../../schemas/index.ts';
import { importInto } from '../pipeline/traces/rig.ts';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '5000000' },
    memory: { type: 'string', default: '1GB' },
    ask: { type: 'string' },
  },
});
const scratch = values.ask ?? mkdtempSync(join(tmpdir(), 'socratic-marts-'));
const repeated = ['traces', 'steps', 'tool_calls', 'imported_answer_keys', 'test_outcomes'];

/** Writes each table with its rows repeated; copy n of trace t is t-n, and belongs to a task of its own every tenth copy. */
async function write(copies: number): Promise<number> {
  const database = await Database.open({ memory_limit: '4GB', temp_directory: join(scratch, 'spill') });
  await importInto(database, [resolve('../shared/traces')], join(scratch, 'import'));
  const replaced = (name: string) =>
    [
      "trace_id || '-' || n as trace_id",
      ...(name === 'steps'
        ? ['left(message, 200) as message', 'left(reasoning_content, 200) as reasoning_content']
        : []),
      ...(name === 'tool_calls'
        ? ['left(result_content, 200) as result_content', 'left(arguments, 200) as arguments']
        : []),
      ...(name === 'traces' || name === 'imported_answer_keys' ? ["task_id || '-' || (n // 10) as task_id"] : []),
    ].join(', ');
  for (const name of repeated) {
    await database.run(
      `copy (select * exclude (round) replace (${replaced(name)}), n // 10 as part from ${name}, range(${copies}) t(n) order by n, trace_id)
       to ${quote(join(scratch, `${name}.parquet`))} (format parquet, compression zstd, compression_level 1)`,
    );
  }
  const [row] = await database.rows(
    `select count(*)::integer as n from read_parquet(${quote(join(scratch, 'steps.parquet'))})`,
  );
  database.close();
  return Number(row!.n);
}

/** Asks every mart, in a process that did nothing else, so that its memory is that of the questions. */
async function ask(): Promise<void> {
  const database = await Database.open({
    memory_limit: values.memory,
    threads: 2,
    temp_directory: join(scratch, 'spill'),
  });
  for (const table of tables) {
    const file = quote(join(scratch, `${table.name}.parquet`));
    const stored = `select 0 as round, * exclude (part) from read_parquet(${file})`;
    await database.run(`create view ${table.name} as ${repeated.includes(table.name) ? stored : emptyTable(table)}`);
  }
  await createMarts(database);
  const rows = [];
  for (const { name, header } of await sqlFiles('marts')) {
    if (!header.reads.includes('stg_attempts')) continue;
    const started = performance.now();
    const [row] = await database.rows(
      `select count(*)::integer as n, bit_xor(hash(t))::varchar as digest from ${name} t`,
    );
    rows.push({ mart: name, rows: Number(row!.n), seconds: (performance.now() - started) / 1e3 });
  }
  console.log(drawTable(rows));
  console.log(`peak memory of the asking process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
  database.close();
}

if (values.ask) await ask();
else {
  try {
    const copies = Math.ceil(Number(values.steps) / 37_189);
    const steps = await write(copies);
    console.log(`${steps} steps: ${copies} copies of the sample (synthetic), memory limit ${values.memory}, 2 threads`);
    const argv = [fileURLToPath(import.meta.url), '--ask', scratch, '--memory', values.memory];
    process.stdout.write(execFileSync(process.execPath, argv, { encoding: 'utf8' }));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
