import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DataError } from '../pipeline/errors.ts';
import type { CuratedTask } from '../pipeline/exporters/curated.ts';
import type { Toolchain } from '../pipeline/exporters/image.ts';
import type { InstalledPackages } from '../pipeline/exporters/npm-lock.ts';
import { goInterpreter, nodeInterpreter, type ProofOptions } from '../pipeline/exporters/proof.ts';
import { isSound, type Proof, proveAll } from '../pipeline/exporters/verify.ts';
import type { Library, RepositorySnapshot } from '../pipeline/ports.ts';
import { remembering } from '../pipeline/remembering.ts';
import { hasOwnEnvironment } from '../pipeline/repositories/node-environment.ts';
import type { ExportRequest } from './exporters.ts';
import { progressBar } from './progress.ts';
import type { Settings } from './settings.ts';
import { readSeeds, type World } from './world.ts';

export interface Images {
  toolchain: Toolchain;
  snapshotOf(repository_id: string): RepositorySnapshot;
}

/** How the images of exported tasks are made, from the seeds that this machine has. */
export async function imagesOf(world: World, settings: Settings): Promise<Images> {
  const seeds = new Map((await readSeeds(settings)).map((seed) => [seed.name, seed]));
  const [, python_version] = /^cpython-([\d.]+)-/.exec(world.python.id)!;
  return {
    toolchain: {
      python_version: python_version!,
      node_version: process.versions.node,
      go_version: /^go([\d.]+)/.exec(world.go?.id ?? '')?.[1] ?? null,
      requirements: (name) => seeds.get(name)!.requirements,
      installed: remembering((runner) => installedIn(packagesFor(world, runner))),
    },
    snapshotOf: (repository_id) => snapshotIn(world.library, repository_id),
  };
}

/** The tree that a round was made of. */
export function snapshotIn({ seeds }: Library, repository_id: string): RepositorySnapshot {
  const state = seeds.find((seed) => seed.repository_id === repository_id);
  if (state?.snapshot) return state.snapshot;
  throw DataError.of({
    where: `repository ${repository_id}`,
    expected: 'the seed that the round was made of',
    found: state?.detail ?? 'no seed with this id: its entry or its files have changed since',
    fix: 'restore data/seeds/repositories.json and the setting repositories as they were, or run the round again',
  });
}

/** npm's own record of what it installed in a folder. */
const installedIn = (node_modules: string): InstalledPackages =>
  JSON.parse(readFileSync(join(node_modules, '.package-lock.json'), 'utf8')).packages;

const packagesFor = ({ node_modules, packagesOf }: World, runner: string): string =>
  hasOwnEnvironment(runner) ? packagesOf[runner]! : node_modules;

/** This machine's interpreters in the place of an image. */
export const proofOptions = (world: World): ProofOptions => ({
  sandbox: world.sandbox,
  interpreterOf: (repository_id) => {
    const { language, test } = snapshotIn(world.library, repository_id);
    const { python } = world;
    if (language === 'python') return { path: [dirname(python.python)], binds: python.binds };
    const node = nodeInterpreter(process.execPath);
    if (language === 'go') return goInterpreter(node, world.go!);
    const packages = { source: packagesFor(world, test.runner), target: '/node_modules' };
    return { ...node, binds: [...node.binds, packages] };
  },
});

/** The tasks whose exported verifier gives 0, 1, 0; the others are named and left out. */
export async function prove(
  tasks: readonly CuratedTask[],
  { settings, effects, skip_proof }: ExportRequest,
  run: (task: CuratedTask) => Promise<Proof>,
): Promise<{ sound: CuratedTask[]; proofs: Proof[]; failures: string[] }> {
  if (skip_proof) return { sound: [...tasks], proofs: [], failures: [] };
  const bar = progressBar(effects, 'prove');
  const proofs = await proveAll(tasks, run, { workers: settings.workers, progress: bar.update });
  bar.end();
  const failures = proofs.filter((proof) => !isSound(proof)).map(complaint);
  const sound = tasks.filter((_, index) => isSound(proofs[index]!));
  if (sound.length > 0) return { sound, proofs, failures };
  throw DataError.of({
    where: 'the exported verifiers',
    expected: 'at least one task that earns 0, 1, 0 (nothing, the fix, an empty patch)',
    found: failures[0],
    fix: 'see make doctor; if the sandbox is well, this is a fault of the exporter',
  });
}

const complaint = ({ task_id, broken, fixed, untouched }: Proof): string =>
  `${task_id} is left out: its verifier gave ${broken} for nothing, ${fixed} for the fix, ${untouched} for an empty patch; expected 0, 1, 0`;
