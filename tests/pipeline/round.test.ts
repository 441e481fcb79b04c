import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localObjects } from '../../pipeline/adapters/local-objects.ts';
import { arenaPort } from '../../pipeline/arena/port.ts';
import { seededRandom } from '../../pipeline/random.ts';
import { stagesOf } from '../../pipeline/round.ts';
import { runStage, stateOf } from '../../pipeline/runner.ts';
import type { Manifest, Ports } from '../../pipeline/stage.ts';
import { labelsDigest } from '../../pipeline/stages/trusted.ts';
import { drawer } from '../../pipeline/tasks/draw.ts';
import { prepareGround } from '../../pipeline/tasks/ground.ts';
import { propose } from '../../pipeline/tasks/propose.ts';
import type { TrustedSpec } from '../../pipeline/tasks/trusted-spec.ts';
import { Warehouse } from '../../pipeline/warehouse/store.ts';
import { createViews, sqlFiles } from '../../pipeline/warehouse/views.ts';
import { tables } from '../../schemas/index.ts';
import { missingSandbox, openTiny, repositoryRow, type TinyWorld } from '../tiny.ts';

const buckets = 1 << 12;
const params: Record<string, object> = {
  prepare: { slowest_test_ms: 60_000 },
  generate: { candidates: 5 },
  validate: { reruns: 2 },
  warm_start: { buckets, tasks: 1 },
  score: { rollouts: 8, k: 512 },
  select: { budget: 4 },
  train: { steps: 2, batch: 2, group: 4 },
  solve: { attempts: 3 },
  evaluate: { attempts: 3 },
  distill: { support: 1, z: 0.5, new_tasks: 1 },
};

const missing = await missingSandbox();
describe.skipIf(missing !== null)('two rounds over the tiny libraries', () => {
  let world: TinyWorld;
  let folder: string;
  let store: Warehouse;
  let ports: Ports;
  const finished = new Map<string, Manifest>();

  beforeAll(async () => {
    world = await openTiny();
    folder = await mkdtemp(join(tmpdir(), 'round-'));
    store = new Warehouse(join(folder, 'warehouse'), world.database);
    const { library, harness, syntax } = world;
    ports = {
      library,
      harness,
      syntax: Object.assign(syntax, { id: 'syntax' }),
      stopwatch: { id: 'stopwatch', now: () => performance.now() },
      objects: localObjects(store.root),
      arena: arenaPort({ harness, library, syntax, buckets }),
      trusted: { id: 'trusted/test', specs: await trustedSpecs(world) },
    } as unknown as Ports;
    for (const round of [0, 1])
      for (const stage of stagesOf(round))
        finished.set(`${round} ${stage.name}`, (await runStage(stage, options(stage.name, round))).manifest);
    await createViews(store);
  }, 240_000);
  afterAll(async () => {
    await world?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const options = (stage: string, round: number) => ({
    store,
    round,
    seed: 'test',
    params: params[stage] ?? {},
    ports,
    progress: () => {},
    clock: { wall: () => performance.now(), cpu: () => 0 },
  });
  const ask = (sql: string) => store.database.rows(sql);
  const rowsOf = (stage: string, table: string) => finished.get(stage)!.outputs[table]!.rows;

  it('leaves a row in every table it is about', async () => {
    expect(rowsOf('0 prepare', 'repositories')).toBe(4);
    expect(rowsOf('0 trusted', 'trusted_tasks')).toBe(6);
    for (const [stage, table] of Object.entries({
      '0 generate': 'tasks',
      '0 validate': 'verdicts',
      '0 solve': 'traces',
      '0 evaluate': 'evaluations',
      '1 distill': 'skills',
      '1 score': 'scores',
      '1 select': 'selections',
      '1 train': 'policies',
      '1 solve': 'tool_calls',
    }))
      expect(rowsOf(stage, table), `${stage} ${table}`).toBeGreaterThan(0);
  });

  it('every check of sql/checks is clean, and every mart answers', async () => {
    for (const check of await sqlFiles('checks')) expect(await ask(check.sql), check.name).toEqual([]);
    for (const mart of await sqlFiles('marts'))
      expect(Array.isArray(await ask(`select * from ${mart.name}`)), mart.name).toBe(true);
  });

  it('nothing changed: nothing runs', async () => {
    for (const round of [0, 1])
      for (const stage of stagesOf(round)) {
        expect(await stateOf(stage, options(stage.name, round)), `${round} ${stage.name}`).toBe('fresh');
        expect((await runStage(stage, options(stage.name, round))).status).toBe('fresh');
      }
  });

  it('scores every candidate of the round, refused ones with 0 and the gate', async () => {
    const [counts] = await ask(
      'select (select count(*) from tasks where round = 1) as tasks, (select count(*) from scores where round = 1) as scores',
    );
    expect(counts!.scores).toBe(counts!.tasks);
    const scores = await ask('select * from scores where round = 1 order by task_id');
    for (const s of scores) {
      if (!s.is_valid)
        expect(s).toMatchObject({ reward: 0, cosine: null, zero_reason: expect.stringMatching(/^rejected: /) });
      else if (s.cosine !== null) expect(Math.abs(s.cosine as number)).toBeLessThanOrEqual(1 + 1e-6);
    }
  });

  it('makes no bug twice, trains only on what was selected, from the checkpoint before', async () => {
    expect(await ask('select task_id from tasks group by task_id having count(*) > 1')).toEqual([]);
    const [before, after] = await ask('select * from policies order by round');
    expect(after).toMatchObject({ parent_id: before!.policy_id, trainer: 'gdpo', step_count: 2 });
    const selected = new Set((await ask('select task_id from selections')).map((r) => r.task_id));
    for (const id of JSON.parse(after!.trained_on as string)) expect(selected.has(id)).toBe(true);
  });

  it('keeps the three splits apart, and trusted tasks out of every trace', async () => {
    const splits = await ask(
      'select repositories.name, repositories.split, tasks.split as used from tasks inner join repositories using (repository_id) group by all',
    );
    for (const row of splits) expect([row.split, row.used]).toEqual(['train', 'train']);
    expect(
      await ask('select trace_id from traces inner join trusted_tasks on traces.task_id = trusted_tasks.task_id'),
    ).toEqual([]);
  });

  it('no table but the sealed ones holds a canary', async () => {
    const stored = new Set([...finished.values()].flatMap(({ outputs }) => Object.keys(outputs)));
    const holding = async (is_sealed: boolean) => {
      const found: string[] = [];
      for (const { name } of tables.filter((table) => table.is_sealed === is_sealed && stored.has(table.name))) {
        const [{ n }] = (await ask(`
          with canaries as (select canary from answer_keys union select canary from trusted_answer_keys)
          select count(*) as n from canaries, (select to_json(t)::varchar as text from ${name} t)
          where contains(text, canary)`)) as [{ n: number }];
        if (n > 0) found.push(name);
      }
      return found;
    };
    expect(await holding(false)).toEqual([]);
    expect(await holding(true)).toEqual(['trusted_answer_keys', 'answer_keys']);
  });

  it('evidence of a skill is in the traces of the round before', async () => {
    const evidence = await ask(
      "select skill_id, unnest(evidence_trace_ids) as trace_id from skills where round = 1 and lineage = 'new'",
    );
    const traces = new Set((await ask('select trace_id from traces where round = 0')).map((r) => r.trace_id));
    for (const { trace_id } of evidence) expect(traces.has(trace_id)).toBe(true);
  });
});

/** Three noticed bugs of each repository that is not trained on. */
async function trustedSpecs(world: TinyWorld): Promise<TrustedSpec[]> {
  const specs: TrustedSpec[] = [];
  for (const { split, snapshot } of world.library.seeds.filter((s) => s.split !== 'train')) {
    const run = await world.harness.suite(snapshot!.repository_id, { edits: [], wall_ms: 60_000 });
    const passing = run.tests.filter((t) => t.status === 'passed').map((t) => t.test_id);
    const ground = await prepareGround(repositoryRow(world, snapshot!, passing), world);
    const next = drawer(
      [ground],
      [],
      { per_draw: 1, explore: 1, most_per_function: 1 },
      seededRandom(`trusted ${split}`),
    );
    let left = 3;
    while (left > 0) {
      const { site } = next()!;
      const { key } = await propose(ground, site, {
        split: split as 'validation',
        skill_id: null,
        harness: world.harness,
      });
      if (key.fail_to_pass.length === 0) continue;
      left--;
      specs.push({
        repository: snapshot!.name,
        version: snapshot!.version,
        language: snapshot!.language,
        split: split as 'validation',
        path: key.path,
        symbol: key.symbol,
        operator: key.operator,
        start: key.bug_start,
        end: key.bug_end,
        replacement: key.bug_text,
        difficulty: 'near',
        fail_to_pass_digest: labelsDigest(key.fail_to_pass),
      });
    }
  }
  return specs;
}
