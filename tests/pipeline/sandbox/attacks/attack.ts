import type { Sandbox, SandboxCommand, SandboxOutcome } from '../../../../pipeline/ports.ts';
import type { Decoys } from './decoys.ts';

/** Where an attack takes place: a sandbox, and things on the host that it must not reach. */
export interface Field {
  sandbox: Sandbox;
  decoys: Decoys;
  shell(script: string, more?: Partial<SandboxCommand>): Promise<SandboxOutcome>;
  /** Perl makes any system call and is part of every Debian. `$got` is printed to the report when it is not empty. */
  perl(script: string, more?: Partial<SandboxCommand>): Promise<SandboxOutcome>;
}

/** Something that code in the sandbox may try. It aims at a decoy alone, and takes back what it achieved. */
export interface Attack {
  name: string;
  /** What it got hold of, in words; null when it was repelled. */
  attempt(field: Field): Promise<string | null>;
  /** Succeeds wherever nothing stands in its way, and harms nothing: run without isolation, it shows that it is one. */
  bites?: true;
}

/** `words` when the attack succeeded. */
export const when = (succeeded: boolean, words: string): string | null => (succeeded ? words : null);

/** An attack whose own program prints what it got. Throws when that program did not come to its end. */
export const printed = ({ end, stdout, stderr, report, detail }: SandboxOutcome): string | null => {
  if (end === 'infrastructure_error') throw new Error(`the attack was never made: ${detail}`);
  if (!report.endsWith('tried\n')) throw new Error(`the attack broke down: ${end} ${detail} ${stdout} ${stderr}`);
  const got = report.slice(0, -'tried\n'.length).trim();
  return got === '' ? null : got;
};
