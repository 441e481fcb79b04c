import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../pipeline/random.ts';
import { differencesOf } from './differences.ts';
import { project } from './sources.ts';

/** Table digests of a finished run; null when it ended before, and was to be started again. */
export type Digests = Record<string, string> | null;

/** A process that is gone and come again has another time of start. */
interface Life {
  pid: number;
  started: string;
}

const readOrNull = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const START_FIELD = 19;

const lifeOf = (pid: number): Life | null => {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? null : { pid, started: fields[START_FIELD]! };
};

/** Processes that a process has started itself. */
export const childrenOf = (pid: number): number[] =>
  (existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : []).flatMap(
    (thread) => readOrNull(`/proc/${pid}/task/${thread}/children`)?.trim().split(' ').filter(Boolean).map(Number) ?? [],
  );

/** Everything that a process has started, directly or not. */
const familyOf = (pid: number): Life[] =>
  childrenOf(pid).flatMap((child) => [lifeOf(child), ...familyOf(child)].filter((life) => life !== null));

const isAlive = ({ pid, started }: Life): boolean => lifeOf(pid)?.started === started;

const PATIENCE_MS = 120_000;

/** Those of some processes that do not end by themselves. */
const survivors = async (family: readonly Life[]): Promise<Life[]> => {
  for (let waited = 0; waited < PATIENCE_MS && family.some(isAlive); waited += 50) await sleep(50);
  return family.filter(isAlive);
};

const CGROUPS = '/sys/fs/cgroup';

const groupsOf = (pid: number): string[] =>
  ['', ...(existsSync(CGROUPS) ? readdirSync(CGROUPS) : [])]
    .map((name) => join(CGROUPS, name))
    .flatMap((directory) => {
      try {
        return readdirSync(directory).map((name) => join(directory, name));
      } catch {
        return [];
      }
    })
    .filter((path) => path.includes(`socratic-swe-${pid}-`));

const directoriesOf = (pid: number): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`socratic-swe-${pid}-`));

/** What a killed process left on this machine once everything had time to end. */
const leftBy = async (pid: number, family: readonly Life[], mounts: string): Promise<string[]> => [
  ...(await survivors(family)).map((life) => `process ${life.pid} ${readOrNull(`/proc/${life.pid}/cmdline`)}`),
  ...groupsOf(pid).map((path) => `control group ${path}`),
  ...directoriesOf(pid).map((name) => `directory ${name}`),
  ...(readFileSync('/proc/self/mounts', 'utf8') === mounts ? [] : ['a mount']),
];

/** Runs the small round up to a stage in a folder. */
const start = (folder: string, stage: string): { child: ChildProcess; ended: Promise<Digests>; says: () => string } => {
  const child = spawn(process.execPath, [join(project, 'tests/mini-round.ts'), stage], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (text) => out.push(String(text)));
  child.stderr.on('data', (text) => err.push(String(text)));
  const ended = new Promise<Digests>((resolve) => {
    child.once('close', (code) => resolve(code === 0 ? JSON.parse(out.join('')) : null));
  });
  return { child, ended, says: () => err.join('') };
};

export interface FaultReport {
  stage_kills: number;
  worker_kills: number;
  /** Starts that a killed worker brought to an end; the next start went on. */
  failed_starts: string[];
  undisturbed: Digests;
  resumed: Digests[];
  /** Rows of tasks and verdicts that a resumed run has and the undisturbed one has not, or the other way round. */
  differences: string[];
  /** What any killed process left behind. */
  left: string[];
}

export interface FaultOptions {
  kills: number;
  seed: string;
  stage: string;
  /** The stage before it: what the folders start from. */
  before: string;
}

/** Kills a stage, or one of the processes it started itself, at random moments until `kills` have hit. */
export async function killStageAndWorkers({ kills, seed, stage, before }: FaultOptions): Promise<FaultReport> {
  const random = seededRandom(`faults ${seed}`);
  const folder = await mkdtemp(join(tmpdir(), 'faults-'));
  const mounts = readFileSync('/proc/self/mounts', 'utf8');
  const report: FaultReport = {
    stage_kills: 0,
    worker_kills: 0,
    failed_starts: [],
    undisturbed: null,
    resumed: [],
    differences: [],
    left: [],
  };
  const fresh = async (): Promise<string> => {
    const copy = await mkdtemp(join(folder, 'round-'));
    await cp(join(folder, 'base'), copy, { recursive: true });
    return copy;
  };
  try {
    await mkdir(join(folder, 'base'));
    const prepared = start(join(folder, 'base'), before);
    if ((await prepared.ended) === null) throw new Error(prepared.says());
    const began = performance.now();
    const model = await fresh();
    report.undisturbed = await start(model, stage).ended;
    const length_ms = performance.now() - began;

    /** One start, disturbed once; null when it has to be started again. */
    const disturbed = async (place: string): Promise<Digests> => {
      const { child, ended, says } = start(place, stage);
      const pid = child.pid!;
      let is_over = false;
      void ended.then(() => {
        is_over = true;
      });
      await Promise.race([ended, sleep((0.1 + 0.9 * random()) * length_ms)]);
      const family = familyOf(pid);
      const workers = childrenOf(pid);
      const victim = random() < 0.5 || workers.length === 0 ? pid : workers[Math.floor(random() * workers.length)]!;
      if (!is_over) {
        process.kill(victim, 'SIGKILL');
        if (victim === pid) report.stage_kills++;
        else report.worker_kills++;
      }
      const digests = await ended;
      if (digests === null && victim !== pid) report.failed_starts.push(says().trim().slice(-400));
      report.left.push(...(await leftBy(pid, family, mounts)));
      return digests;
    };

    while (report.stage_kills + report.worker_kills < kills) {
      const place = await fresh();
      let digests: Digests = null;
      while (digests === null) digests = await disturbed(place);
      report.resumed.push(digests);
      if (JSON.stringify(digests) !== JSON.stringify(report.undisturbed))
        report.differences.push(...(await differencesOf(model, place)));
      await rm(place, { recursive: true });
    }
    return report;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
