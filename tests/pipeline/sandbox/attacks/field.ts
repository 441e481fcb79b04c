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
  const command = (argv: readonly string[], more: Partial<SandboxCommand>): SandboxCommand => ({
    argv,
    binds: [{ source: decoys.scratch.repository, target: '/repo' }],
    cwd: '/repo',
    environment: { PATH: '/usr/bin:/bin', HOME: '/tmp', TMP: '/tmp' },
    limits: LIMITS,
    ...more,
  });
  return {
    sandbox,
    decoys,
    shell: (script, more = {}) => sandbox.run(command(['/bin/sh', '-c', `${script}\necho tried >&3`], more)),
    perl: (script, more = {}) => sandbox.run(command(['/usr/bin/perl', '-e', `${PROLOGUE}${script}${EPILOGUE}`], more)),
  };
};
