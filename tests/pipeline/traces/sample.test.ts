import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distinct, sourcesOf } from '../../../jobs/distill.ts';
import { attemptsOf } from '../../../pipeline/skills/foreign/attempts.ts';
import { mineForeign } from '../../../pipeline/skills/foreign/patterns.ts';
import { foreignRegistry } from '../../../pipeline/skills/foreign/registry.ts';
import { Database } from '../../../pipeline/warehouse/database.ts';
import { createMarts } from '../../../pipeline/warehouse/views.ts';
import { answered, cookbookFile } from '../../cookbook.ts';
import { type Imported, importInto } from './rig.ts';

const sample = resolve('../shared/traces');
const isHere = existsSync(join(sample, 'MANIFEST.jsonl'));
if (!isHere) process.stderr.write(`skipped: the sample of real traces is not at ${sample}\n`);

interface Entry {
  file: string;
  kind: string;
  format: string;
  n_records?: number;
  resolved?: boolean | null;
}

/** Figures of TRACES.md 5, counted from the files by its author. */
describe.skipIf(!isHere)('the sample of real traces', () => {
  let scratch: string;
  let database: Database;
  let result: Imported;
  const one = async (sql: string) => (await result.rows(sql))[0]!;
  const manifest = (): Entry[] =>
    readFileSync(join(sample, 'MANIFEST.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'socratic-sample-'));
    database = await Database.open({ threads: 2, memory_limit: '2GB' });
    result = await importInto(database, [sample], join(scratch, 'a'));
  }, 240_000);
  afterAll(() => {
    database?.close();
    if (scratch) rmSync(scratch, { recursive: true, force: true });
  });

  it('accounts for 1,985 trace records and rejects none', () => {
    expect(result.summary).toMatchObject({ records: 1_985, rejects: 0, traces: 1_882 });
  });

  it('accounts for every file of the manifest, record by record', async () => {
    const sources = await result.rows('select source_uri, record_count from import_sources');
    const counts = new Map<string, number>();
    for (const { source_uri, record_count } of sources) {
      const file = String(source_uri).split('!')[0]!;
      counts.set(file, (counts.get(file) ?? 0) + Number(record_count));
    }
    const wrong = manifest().filter(
      (entry) => entry.kind === 'trace' && counts.get(`traces/${entry.file}`) !== entry.n_records,
    );
    expect(wrong).toEqual([]);
  });

  it('agrees with the manifest on every verdict: 350 resolved, 1,159 unresolved, 108 unknown', async () => {
    const outcomes = Map.groupBy(await result.rows('select source_uri, outcome from traces'), (row) =>
      String(row.source_uri),
    );
    const seen = { resolved: 0, unresolved: 0, unknown: 0 };
    for (const entry of manifest()) {
      if (entry.kind !== 'trace' || !('resolved' in entry)) continue;
      const uri = `traces/${entry.file}`.replace(/^(traces\/aider\/.*)\.json\.gz$/, '$1.md.gz');
      const found = new Set((outcomes.get(uri) ?? []).map((row) => row.outcome));
      const verdict = found.has('resolved') ? true : found.has('unresolved') || found.has('partial') ? false : null;
      expect([entry.file, verdict]).toEqual([entry.file, entry.resolved]);
      seen[verdict === null ? 'unknown' : verdict ? 'resolved' : 'unresolved']++;
    }
    expect(seen).toEqual({ resolved: 350, unresolved: 1_159, unknown: 108 });
  });

  it('counts 7,720 output tokens in 95 messages of 19 Claude Code files', async () => {
    expect(
      await one(
        "select sum(completion_tokens)::integer as tokens, count(distinct source_uri)::integer as files from traces where source_format = 'claude-code'",
      ),
    ).toEqual({ tokens: 7_720, files: 19 });
    expect(
      await one(
        "select count(*)::integer as n from steps join traces using (trace_id) where source_format = 'claude-code' and steps.source = 'agent'",
      ),
    ).toEqual({ n: 95 });
  });

  it('gives 3,139 of the 3,140 calls of the 75 OpenClaw trials their result: one trial ends with a call', async () => {
    expect(
      await one(
        "select count(*)::integer as calls, count(result_content)::integer as results from tool_calls join traces using (trace_id) where source_uri like '%openclaw%'",
      ),
    ).toEqual({ calls: 3_140, results: 3_139 });
  });

  it('makes 299 and 827 refused turns of the two versions of mini-swe-agent steps without a command', async () => {
    const refused = await result.rows(
      "select source_format_version as version, count(*)::integer as n, count_if(call.trace_id is null)::integer as bare from steps step join traces using (trace_id) left join tool_calls call on call.trace_id = step.trace_id and call.step_id = step.step_id where source_format = 'mini-swe-agent' and step.error_kind = 'format_error' group by 1 order by 1",
    );
    expect(refused).toEqual([
      { version: '1', n: 299, bare: 299 },
      { version: '1.1', n: 827, bare: 827 },
    ]);
  });

  it('keeps the longest observation whole: 878,109 characters', async () => {
    expect(Number((await one('select max(result_chars)::integer as n from tool_calls')).n)).toBeGreaterThanOrEqual(
      878_109,
    );
  });

  it('lets no secret shape through', async () => {
    const shapes = String.raw`\b(sk-[A-Za-z0-9_-]{20,}|ghp_[A-Za-z0-9]{30,}|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|xox[bp]-[0-9A-Za-z-]{10,})|-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]{40}`;
    const words = await result.rows(
      `select regexp_extract(text, '${shapes}') as found from (select message as text from steps union all select result_content from tool_calls union all select arguments from tool_calls union all select extra from traces) where regexp_matches(text, '${shapes}')`,
    );
    expect(words.map((row) => String(row.found)).filter((word) => /[0-9A-Z]/.test(word.slice(3)))).toEqual([]);
  });

  it('keeps gold patches and hidden tests where no Solver looks', async () => {
    const meta = JSON.parse(
      gunzipSync(
        readFileSync(join(sample, 'auto-code-rover/run-3/raw_patch_but_unmatched/sympy__sympy-23191/meta.json.gz')),
      ).toString(),
    );
    const canary = String(meta.task_info.test_patch)
      .split('\n')
      .find((line: string) => line.startsWith('+') && line.length > 40)!
      .slice(1, 60)
      .replaceAll("'", "''");
    const open =
      'select trace_id from (select trace_id, message as text from steps union all select trace_id, extra from traces union all select trace_id, problem_statement from traces)';
    expect(await result.rows(`${open} where contains(text, '${canary}')`)).toEqual([]);
    expect(
      await one(`select count(*) > 0 as sealed from imported_answer_keys where contains(test_patch, '${canary}')`),
    ).toEqual({ sealed: true });
  });

  it('answers the cookbook as it is printed', async () => {
    await createMarts(database);
    const text = readFileSync(cookbookFile, 'utf8');
    expect(await answered(text, (sql) => database.rows(sql))).toBe(text);
  });

  it('tells at least ten cards whose places the sealed reference patches confirm, each from steps that are there', async () => {
    const attempts = attemptsOf(await sourcesOf(database, 0));
    const patterns = mineForeign(attempts, { support: 2, z: 1.2 });
    const { skills } = await foreignRegistry(patterns, attempts, [], { ...distinct, most: 12, round: 0 });
    const steps = new Set(
      (await result.rows('select trace_id, step_id from steps')).map((row) => `${row.trace_id}#${row.step_id}`),
    );
    expect(skills.flatMap((skill) => skill.evidence_steps).filter((step) => !steps.has(step))).toEqual([]);
    const keys = await result.rows(
      'select distinct on (task_id) task_id, gold_paths from imported_answer_keys where len(gold_paths) > 0 order by task_id, trace_id',
    );
    const goldPaths = new Map(keys.map((row) => [row.task_id as string, row.gold_paths as string[]]));
    const taskOf = new Map(attempts.map((attempt) => [attempt.trace_id, attempt.task_id]));
    const confirmed = skills.flatMap(({ name, operator, operations, evidence_trace_ids }) => {
      const path = operations[0]!.match(/`([^`:]+)/)![1]!;
      const gold = evidence_trace_ids.flatMap((id) => goldPaths.get(taskOf.get(id)!) ?? []);
      return operator === 'refused_edit' || gold.length === 0 ? [] : [{ name, is_true: gold.includes(path) }];
    });
    expect(confirmed.filter((card) => !card.is_true)).toEqual([]);
    expect(confirmed.length).toBeGreaterThanOrEqual(10);
  });

  it('changes nothing when it is imported again', async () => {
    const known = (await result.rows('select trace_id from traces')).map((row) => String(row.trace_id));
    const again = await importInto(database, [sample], join(scratch, 'b'), { known });
    expect(again.summary).toMatchObject({ traces: 0, known: 1_882, steps: 0, tool_calls: 0 });
    expect(again.digest).toBe(result.digest);
  }, 240_000);
});
