import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, makeBundle } from '../../../pipeline/exporters/bundle.ts';
import { type CuratedTask, curate } from '../../../pipeline/exporters/curated.ts';
import { exportHarbor } from '../../../pipeline/exporters/harbor.ts';
import { exportHub } from '../../../pipeline/exporters/hf.ts';
import { addProvenance } from '../../../pipeline/exporters/provenance.ts';
import { exportRl } from '../../../pipeline/exporters/rl/index.ts';
import { type ProfileName, profiles } from '../../../pipeline/exporters/rl/profiles.ts';
import { exportSft, sftProfiles } from '../../../pipeline/exporters/sft/index.ts';
import { exportSmith, exportSwebench } from '../../../pipeline/exporters/swebench.ts';
import type { Warehouse } from '../../../pipeline/warehouse/store.ts';
import { withCanaries } from '../../canaries.ts';
import { curatedWarehouse } from '../../curated.ts';
import { exportSettings } from '../../export-settings.ts';
import { missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';

const canary = /xxCANARY(\w+?)xx/g;

const missing = await missingSandbox();
describe.skipIf(missing !== null)('no canary of an answer key leaves, whatever the export', () => {
  let world: TinyWorld;
  let store: Warehouse;
  let tasks: CuratedTask[];
  let settings: Awaited<ReturnType<typeof exportSettings>>['harbor'];
  beforeAll(async () => {
    world = await openTiny();
    store = await curatedWarehouse(world);
    tasks = (await curate(store, 1, 'selected')).map((task) => ({ ...task, key: withCanaries(task.key) }));
    settings = (await exportSettings(world)).harbor;
  }, 120_000);
  afterAll(() => world?.close());

  /** Every file of an export as text; Parquet as the rows that are in it. */
  const contents = async (name: string): Promise<[path: string, text: string][]> => {
    const out = join(world.folder, name);
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
    return Promise.all(
      paths.map(async (path): Promise<[string, string]> => {
        if (!path.endsWith('.parquet')) return [path.slice(out.length + 1), readFileSync(path, 'latin1')];
        const rows = await world.database.rows(`select * from read_parquet('${path}')`);
        const text = JSON.stringify(rows, (_, value) =>
          ArrayBuffer.isView(value)
            ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
            : value,
        );
        return [path.slice(out.length + 1), text];
      }),
    );
  };

  /** `file: field` of each canary that is in an export. */
  const leaks = async (name: string, fill: (bundle: Bundle) => Promise<unknown>): Promise<string[]> => {
    await makeBundle(name, join(world.folder, name), async (bundle) => {
      await fill(bundle);
      return {};
    });
    const files = await contents(name);
    expect(files.length).toBeGreaterThan(1);
    expect(files.map(([, text]) => text).join('')).toContain(tasks[0]!.task.task_id);
    return files.flatMap(([path, text]) => [...text.matchAll(canary)].map(([, field]) => `${path}: ${field}`));
  };

  const provenance = (bundle: Bundle) => addProvenance(bundle, store, 1, tasks);
  const hub = () => ({ round: 1, name: 'socratic/tiny', snapshotOf: settings.snapshotOf });
  const kinds: [name: string, fill: (bundle: Bundle) => Promise<unknown>][] = [
    ['harbor', (bundle) => exportHarbor(bundle, world.database, tasks, settings)],
    ['swebench', (bundle) => exportSwebench(bundle, world.database, tasks, settings)],
    ['swesmith', (bundle) => exportSmith(bundle, world.database, tasks, settings)],
    ['hf', (bundle) => exportHub(bundle, store, tasks, hub())],
    ...(Object.keys(profiles) as ProfileName[]).map((profile): (typeof kinds)[number] => [
      profile,
      (bundle) => exportRl(bundle, store, tasks, { round: 1, profile, snapshotOf: settings.snapshotOf }),
    ]),
    ...sftProfiles.map((profile): (typeof kinds)[number] => [
      `sft-${profile}`,
      (bundle) => exportSft(bundle, store, tasks, { round: 1, profile }),
    ]),
  ];
  it.each(kinds)('%s', async (name, fill) => {
    expect(await leaks(name, (bundle) => fill(bundle).then(() => provenance(bundle)))).toEqual([]);
  });

  it('a canary in an export would be seen, in text and in rows', async () => {
    const found = await leaks('leaking', async (bundle) => {
      const [first] = tasks;
      const leaking = { ...first!, task: { ...first!.task, problem_statement: `see ${first!.key.symbol}` } };
      await exportHub(bundle, store, [leaking], hub());
      await bundle.add({ path: 'notes.txt', content: first!.key.canary });
    });
    expect(found).toEqual(['data/round_1-00000-of-00001.parquet: symbol', 'notes.txt: canary']);
  });
});
