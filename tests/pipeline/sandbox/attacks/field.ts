import type { Limits, Sandbox, SandboxCommand } from '../../../../pipeline/ports.ts';
import type { Field } from './attack.ts';
import { type Decoys, makeDecoys } from './decoys.ts';

export const MEBIBYTE = 1024 * 1024;

/** Small, so that an attack that succeeds hurts nobody. */
export const LIMITS: Limits = {
  wall_ms: 20_000,
  cpu_s: 5,
  memory_bytes: 200 * MEBIBYTE,
  process_count: 32,
  output_bytes: MEBIBYTE,
  file_bytes: 4 * MEBIBYTE,
};

const PROLOGUE = '$got = ""; open($report, ">&=3");\n';
const EPILOGUE = '\nsyswrite $report, "$got\\ntried\\n";';

/** A field with decoys of its own, around one sandbox. */
export const makeField = (sandbox: Sandbox): Field => {
  const decoys: Decoys = makeDecoys();
  /** The script is a file: paths in an argument are translated at some levels, and hostile code is not so polite. */
  const command = (interpreter: string, script: string, more: Partial<SandboxCommand>): SandboxCommand => ({
    argv: [interpreter, '/attack/script'],
    binds: [{ source: decoys.scratch.repository, target: '/repo' }],
    cwd: '/repo',
    environment: { PATH: '/usr/bin:/bin', HOME: '/tmp' },
    limits: LIMITS,
    ...more,
    files: [{ target: '/attack/script', content: script }, ...(more.files ?? [])],
  });
  return {
    sandbox,
    decoys,
    shell: (script, more = {}) => sandbox.run(command('/bin/sh', `${script}\necho tried >&3`, more)),
    perl: (script, more = {}) => sandbox.run(command('/usr/bin/perl', `${PROLOGUE}${script}${EPILOGUE}`, more)),
  };
};

/** A command that talks on descriptor 3, once it has said that it is ready, and how it says the next line. */
export const startReady = async ({ sandbox }: Field, argv: readonly string[]) => {
  const started = sandbox.start({ argv, binds: [], cwd: '/', environment: { PATH: '/usr/bin:/bin' }, limits: LIMITS });
  const lines = started.lines[Symbol.asyncIterator]();
  const hear = async (): Promise<string | undefined> => (await lines.next()).value;
  await hear();
  return { started, hear };
};

/** Another command in the same sandbox, which says so on descriptor 3 once it is ready. Returns what ends it. */
export const startSibling = async (field: Field, script: string): Promise<() => Promise<void>> => {
  const { started } = await startReady(field, ['/bin/sh', '-c', script]);
  return async () => {
    started.kill();
    await started.ended;
  };
};
