import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { inheritedDescriptors } from './inherited.ts';
import type { Launch } from './launch.ts';

/** `run`: fd 3 is collected and counts as output. `start`: fd 0 takes lines and fd 3 gives lines. */
export type Style = 'run' | 'start';

type Stdio = ('pipe' | 'ignore' | number)[];

/** Covers with /dev/null every descriptor that the child would otherwise inherit unasked. */
const cover = (stdio: Stdio, nothing: number): Stdio => {
  const covered = [...stdio];
  for (const descriptor of inheritedDescriptors(stdio.length)) {
    while (covered.length < descriptor) covered.push('ignore');
    covered[descriptor] = nothing;
  }
  return covered;
};

const stdioFor = ({ inputs, has_status }: Launch, style: Style, nothing: number): Stdio => [
  style === 'start' ? 'pipe' : 'ignore',
  ...(['pipe', 'pipe', 'pipe'] as const),
  has_status ? 'pipe' : nothing,
  ...inputs.map(() => 'pipe' as const),
];

/** Starts a launch in a process group of its own, with nothing of ours but its pipes. */
export const spawnLaunch = (launch: Launch, style: Style): ChildProcess => {
  const { argv, cwd, environment, user_id } = launch;
  const nothing = openSync('/dev/null', 'r');
  try {
    return spawn(argv[0]!, argv.slice(1), {
      cwd,
      env: { ...environment },
      stdio: cover(stdioFor(launch, style, nothing), nothing),
      detached: true,
      ...(user_id === undefined ? {} : { uid: user_id, gid: user_id }),
    });
  } finally {
    closeSync(nothing);
  }
};
