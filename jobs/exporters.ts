import { resolve } from 'node:path';
import { DataError } from '../pipeline/errors.ts';
import type { Bundle } from '../pipeline/exporters/bundle.ts';
import { type Choice, type CuratedTask, curate, requireStage } from '../pipeline/exporters/curated.ts';
import { exportHarbor, harborTask } from '../pipeline/exporters/harbor.ts';
import { exportHub } from '../pipeline/exporters/hf.ts';
import { addProvenance } from '../pipeline/exporters/provenance.ts';
import { exportRl } from '../pipeline/exporters/rl/index.ts';
import { type ProfileName, profiles } from '../pipeline/exporters/rl/profiles.ts';
import { exportSft, sftProfiles } from '../pipeline/exporters/sft/index.ts';
import { exportSmith, exportSwebench, taskFiles } from '../pipeline/exporters/swebench.ts';
import { swebenchRow } from '../pipeline/exporters/swebench-row.ts';
import { exportTable, tableProfiles } from '../pipeline/exporters/table.ts';
import { proveHarbor, proveSwebench } from '../pipeline/exporters/verify.ts';
import { type Database, quote } from '../pipeline/warehouse/database.ts';
import type { Warehouse } from '../pipeline/warehouse/store.ts';
import type { Effects } from './command.ts';
import { imagesOf, proofOptions, prove } from './export-world.ts';
import { nearest } from './nearest.ts';
import type { Settings } from './settings.ts';
import { openWorld } from './world.ts';

export interface ExportRequest {
  round: number;
  tasks: Choice;
  profile?: string | undefined;
  query?: string | undefined;
  skip_proof: boolean;
  store: Warehouse;
  settings: Settings;
  effects: Effects;
}

export interface Made {
  /** What the manifest says. */
  about: Record<string, unknown>;
  profile: string;
  /** Those that are in the export; a table has none. */
  tasks: readonly CuratedTask[];
  /** Tasks that were left out, and why. */
  failures: string[];
}

export interface Exporter {
  summary: string;
  fill(bundle: Bundle, request: ExportRequest): Promise<Made>;
}

/** The tasks that were asked for, the world they run in, and how their images are made. */
async function takeOut(request: ExportRequest) {
  const { store, round, settings, effects } = request;
  const tasks = await curate(store, round, request.tasks);
  const world = await openWorld(settings, effects);
  return { tasks, world, options: { round, name: 'socratic/tasks', ...(await imagesOf(world, settings)) } };
}

const harbor: Exporter = {
  summary: 'task folders for Harbor, SkyRL, rLLM, prime-rl',
  async fill(bundle, request) {
    const profile = profileOf(request, ['harbor']);
    const { tasks, world, options } = await takeOut(request);
    const { sound, proofs, failures } = await prove(tasks, request, (task) =>
      proveHarbor(task, harborTask(task, options), proofOptions(world)),
    );
    await exportHarbor(bundle, request.store.database, sound, options);
    await addProvenance(bundle, request.store, request.round, sound);
    return { about: { round: request.round, tasks: sound.length, proofs }, profile, tasks: sound, failures };
  },
};

const swebench: Exporter = {
  summary: 'a task repository and rows for SWE-bench; profile swesmith: rows with the bug as the patch',
  async fill(bundle, request) {
    const profile = profileOf(request, ['swebench', 'swesmith']);
    const { tasks, world, options } = await takeOut(request);
    const { sound, proofs, failures } = await prove(tasks, request, (task) => {
      const row = swebenchRow(task, options.snapshotOf(task.task.repository_id), request.round);
      return proveSwebench(task, row, taskFiles(task, row, options), proofOptions(world));
    });
    const write = profile === 'swesmith' ? exportSmith : exportSwebench;
    await write(bundle, request.store.database, sound, options);
    await addProvenance(bundle, request.store, request.round, sound);
    return { about: { round: request.round, profile, tasks: sound.length, proofs }, profile, tasks: sound, failures };
  },
};

const hf: Exporter = {
  summary: 'a dataset repository for the Hub and for load_dataset',
  async fill(bundle, request) {
    const profile = profileOf(request, ['hf']);
    const { tasks, options } = await takeOut(request);
    await exportHub(bundle, request.store, tasks, options);
    return { about: { round: request.round, tasks: tasks.length }, profile, tasks, failures: [] };
  },
};

const rl: Exporter = {
  summary: `rows and a sample reward for a trainer; profiles ${Object.keys(profiles).join(', ')}`,
  async fill(bundle, request) {
    const names = Object.keys(profiles) as [ProfileName, ...ProfileName[]];
    const profile = profileOf(request, names);
    const { tasks, options } = await takeOut(request);
    const counts = await exportRl(bundle, request.store, tasks, { ...options, profile });
    await addProvenance(bundle, request.store, request.round, tasks);
    return { about: { round: request.round, profile, tasks: tasks.length, ...counts }, profile, tasks, failures: [] };
  },
};

const sft: Exporter = {
  summary: `attempts to imitate and to tell apart; profiles ${sftProfiles.join(', ')}`,
  async fill(bundle, request) {
    const profile = profileOf(request, sftProfiles);
    const tasks = await curate(request.store, request.round, request.tasks);
    await requireStage(request.store, request.round, 'solve');
    const counts = await exportSft(bundle, request.store, tasks, { round: request.round, profile });
    await addProvenance(bundle, request.store, request.round, tasks);
    return { about: { round: request.round, profile, tasks: tasks.length, ...counts }, profile, tasks, failures: [] };
  },
};

const table: Exporter = {
  summary: `the answer to --query, the name of a table or a query; profiles ${tableProfiles.join(', ')}`,
  async fill(bundle, request) {
    const profile = profileOf(request, tableProfiles);
    const { store, round, query, settings } = request;
    if (query === undefined)
      throw DataError.of({ where: 'export table', expected: '--query', found: 'none', fix: 'see socratic sql --list' });
    await lock(store.database, [resolve(settings.data), bundle.place('')]);
    const { rows } = await exportTable(bundle, store, { query, round, profile });
    return { about: { round, profile, query, rows }, profile, tasks: [], failures: [] };
  },
};

/** A query can read and write in these folders alone, and cannot undo that. */
async function lock(database: Database, folders: readonly string[]): Promise<void> {
  const allowed = folders.map((folder) => quote(`${folder.replace(/\/$/, '')}/`));
  await database.run(`set allowed_directories = [${allowed.join(', ')}]`);
  await database.run('set enable_external_access = false');
  await database.run('set lock_configuration = true');
}

export const exporters = { harbor, swebench, hf, rl, sft, table } as const satisfies Record<string, Exporter>;

/** The profile that was asked for; the first one when none was. */
function profileOf<const P extends string>({ profile }: ExportRequest, known: readonly [P, ...P[]]): P {
  if (profile === undefined) return known[0];
  const found = known.find((name) => name === profile);
  if (found !== undefined) return found;
  const fix = `did you mean --profile ${nearest(profile, known)}?`;
  throw DataError.of({ where: '--profile', expected: `one of ${known.join(', ')}`, found: profile, fix });
}
