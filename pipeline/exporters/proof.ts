import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DataError } from '../errors.ts';
import type { Sandbox, SandboxCommand, SandboxOutcome } from '../ports.ts';
import type { GoEnvironment } from '../repositories/go-environment.ts';
import type { BundleFile } from './bundle.ts';
import { commitScript } from './commit.ts';
import { goModules, goRoot, workdir } from './grader/plan.ts';

/** What stands for the image of a task where there is no container: the interpreter and its packages. */
export interface Interpreter {
  /** Folders with the programs that a shell finds. */
  path: readonly string[];
  binds: readonly { source: string; target: string }[];
}

const nodeFolder = '/opt/node-bin';

/** Node alone; `execPath` is its program on this machine. */
export const nodeInterpreter = (execPath: string): Interpreter => ({
  path: [nodeFolder],
  binds: [{ source: execPath, target: `${nodeFolder}/node` }],
});

/** The toolchain beside Node, in which the grader is written. */
export const goInterpreter = (node: Interpreter, environment: Omit<GoEnvironment, 'id'>): Interpreter => ({
  path: [...node.path, `${goRoot}/bin`],
  binds: [
    ...node.binds,
    // /usr is there anyway
    ...(environment.goroot === goRoot ? [] : [{ source: environment.goroot, target: goRoot }]),
    { source: environment.build_cache, target: '/go-build' },
    { source: environment.module_cache, target: goModules },
  ],
});

export interface ProofOptions {
  sandbox: Sandbox;
  interpreterOf(repository_id: string): Interpreter;
}

/** What was handed in: nothing at all, a patch that changes nothing, the fix, or anything else. */
export type Submission = { model_patch: string | null };

const megabyte = 1024 * 1024;
const limits = {
  wall_ms: 400_000,
  cpu_s: 800,
  memory_bytes: 2048 * megabyte,
  process_count: 256,
  output_bytes: 64 * megabyte,
  file_bytes: 512 * megabyte,
};

/** A task's files on disk, ready to be run as a container would run them. */
export class Stage {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async of(files: readonly BundleFile[]): Promise<Stage> {
    const stage = new Stage(await mkdtemp(join(tmpdir(), 'proof-')));
    for (const { path, content } of files) {
      await mkdir(dirname(join(stage.folder, path)), { recursive: true });
      await writeFile(join(stage.folder, path), content);
    }
    return stage;
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** Runs a Harbor task's `tests/test.sh` on its broken tree with something handed in, and reads the reward it wrote. */
export async function rewardOf(
  stage: Stage,
  repository_id: string,
  { model_patch }: Submission,
  options: ProofOptions,
): Promise<Record<string, number>> {
  const logs = await mkdtemp(join(stage.folder, 'logs-'));
  await mkdir(join(logs, 'artifacts'));
  // the sandbox has one writable tree, and that is the repository: what is written to the logs goes to its /tmp
  await symlink('/tmp', join(logs, 'verifier'));
  if (model_patch !== null) await writeFile(join(logs, 'artifacts/model.patch'), model_patch);
  const script = 'sh /tests/test.sh >/dev/null 2>/tmp/stderr; cat /tmp/reward.json >&3 || cat /tmp/stderr >&2';
  const outcome = await options.sandbox.run(
    inImage(
      options.interpreterOf(repository_id),
      ['/bin/sh', '-c', script],
      [
        { source: join(stage.folder, 'environment/repo'), target: workdir },
        { source: join(stage.folder, 'tests'), target: '/tests' },
        { source: logs, target: '/logs' },
      ],
    ),
  );
  return parseReward(outcome);
}

/** Runs an evaluation script of SWE-bench's kind on a task's tree with a patch, and gives what it printed. */
export async function evalLog(
  stage: Stage,
  repository_id: string,
  { model_patch, eval_script, base_commit }: Submission & { eval_script: string; base_commit: string },
  options: ProofOptions,
): Promise<string> {
  const commit = `(${commitScript.join(' && ')} && test "$(git rev-parse HEAD)" = ${base_commit}) >/dev/null`;
  const apply = model_patch ? ' && git apply --verbose /patch.diff' : '';
  const outcome = await options.sandbox.run({
    ...inImage(
      options.interpreterOf(repository_id),
      ['/bin/bash', '-c', `exec 2>&1; ${commit}${apply} && bash /eval.sh`],
      [{ source: join(stage.folder, 'repo'), target: workdir }],
    ),
    files: [
      { target: '/eval.sh', content: eval_script },
      { target: '/patch.diff', content: model_patch ?? '' },
    ],
  });
  return outcome.stdout;
}

/** A command in what stands for the image: the tree can be written to, nothing else but /tmp. */
const inImage = (
  interpreter: Interpreter,
  argv: readonly string[],
  binds: SandboxCommand['binds'],
): SandboxCommand => ({
  argv,
  binds: [...binds, ...interpreter.binds],
  writable: workdir,
  cwd: workdir,
  environment: { PATH: [...interpreter.path, '/usr/bin', '/bin'].join(':'), HOME: '/tmp', LANG: 'C.UTF-8' },
  limits,
});

function parseReward({ end, report, stderr, detail }: SandboxOutcome): Record<string, number> {
  try {
    return JSON.parse(report) as Record<string, number>;
  } catch {
    throw DataError.of({
      where: 'tests/test.sh in the sandbox',
      expected: 'a reward',
      found: `${end}: ${detail ?? ''} ${stderr.trim().split('\n').at(-1) ?? ''}`.trim(),
      fix: 'see make doctor; if the sandbox is well, this is a fault of the exporter',
    });
  }
}
