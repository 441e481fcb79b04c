import { expect, it } from 'vitest';
import { DataError } from '../../../pipeline/errors.ts';
import { type Container, containerArguments } from '../../../pipeline/sandbox/container/arguments.ts';
import { requireEngine } from '../../../pipeline/sandbox/container/engine.ts';
import { LIMITS } from '../../contracts/sandbox-commands.ts';

const container = (more: Partial<Container> = {}): Container => ({
  name: 'socratic-swe-1-0',
  image: 'empty',
  engine: 'docker',
  owner: 1,
  command: {
    argv: ['/bin/sh', '-c', 'true; --privileged'],
    binds: [],
    cwd: '/repo',
    environment: { A: 'x y' },
    limits: LIMITS,
  },
  mounts: [
    { source: '/usr', target: '/usr', is_writable: false },
    { source: '/copies/repo', target: '/repo', is_writable: true },
  ],
  report_directory: '/w/report',
  pid_file: '/w/pid',
  seccomp_file: '/w/seccomp.json',
  takes_lines: false,
  most_processes: 4096,
  ...more,
});

it('asks the engine for a container without network, rights or room', () => {
  expect(containerArguments(container())).toEqual(
    expect.arrayContaining([
      '--network=none',
      '--read-only',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      '--user=65534:65534',
      `--memory=${LIMITS.memory_bytes}`,
      `--memory-swap=${LIMITS.memory_bytes}`,
      `--ulimit=fsize=${LIMITS.file_bytes}`,
      `--tmpfs=/tmp:rw,nosuid,nodev,size=${LIMITS.file_bytes},mode=1777`,
      '--security-opt=seccomp=/w/seccomp.json',
      '--pull=never',
    ]),
  );
});

it('mounts everything read-only but the private copy', () => {
  expect(containerArguments(container()).filter((word) => word.startsWith('--mount'))).toEqual([
    '--mount=type=bind,source=/usr,target=/usr,readonly',
    '--mount=type=bind,source=/copies/repo,target=/repo',
    '--mount=type=bind,source=/w/report,target=/report,readonly',
  ]);
});

it('hands the command over behind the image, where nothing of it is an option', () => {
  const words = containerArguments(container());
  const image = words.indexOf('empty');
  expect(words.slice(image + 1, image + 2)).toEqual(['-c']);
  expect(words.slice(-5)).toEqual(['81', 'A=x y', '/bin/sh', '-c', 'true; --privileged']);
  expect(words[image - 1]).toBe('--entrypoint=/bin/sh');
});

it.each([
  ['docker', false, []],
  ['docker', true, ['--interactive']],
  ['podman', false, ['--read-only-tmpfs=false']],
] as const)('%s, taking lines %s: %j', (engine, takes_lines, expected) => {
  const special = new Set(['--interactive', '--read-only-tmpfs=false']);
  const words = containerArguments(container({ engine, takes_lines }));
  expect(words.filter((word) => special.has(word))).toEqual(expected);
});

it('says what to install where there is no engine, and what is wrong with one that does not answer', async () => {
  const none = requireEngine(() => null);
  await expect(none).rejects.toThrow(DataError);
  await expect(none).rejects.toThrow(/found: neither\n.*apt-get install podman/);
  await expect(requireEngine((name) => (name === 'docker' ? '/usr/bin/false' : null))).rejects.toThrow(
    /found: docker: /,
  );
});
