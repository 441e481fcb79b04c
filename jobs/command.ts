import { parseArgs } from 'node:util';
import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { printable } from './draw-table.ts';
import { nearest } from './nearest.ts';

/** The outside world of a command: parameters, so that tests run commands in their own process. */
export interface Effects {
  /** Data, to standard output. */
  print(text: string): void;
  /** Progress and messages, to standard error. */
  log(text: string): void;
  /** Whether standard error is a terminal that can redraw a line. */
  isTerminal: boolean;
  environment: Readonly<Record<string, string | undefined>>;
}

export interface Command<O extends z.ZodObject = any> {
  summary: string;
  /** Names of positional arguments, in order; each is also a key of `options`. A last one that is a list takes the rest. */
  positionals?: readonly string[];
  options: O;
  run(options: z.infer<O>, effects: Effects): Promise<number | undefined>;
}

export const defineCommand = <O extends z.ZodObject>(command: Command<O>): Command<O> => command;

/** Options that every command takes. */
export const common = {
  config: z.array(z.string()).default([]).describe('configuration file laid over socratic.toml; may be repeated'),
  set: z.array(z.string()).default([]).describe('one setting, section.key=value; may be repeated'),
};
export const asJson = { json: z.boolean().default(false).describe('machine-readable output') };

/** What is wrong with the machine rather than with the program, or null. */
function machineTrouble(error: NodeJS.ErrnoException): string | null {
  if (error.code === 'ENOSPC' || /No space left on device/.test(error.message)) {
    return 'the disk is full\n  fix: free some space and run the same command again; finished stages and executions are kept';
  }
  if (error.code === 'EACCES' || error.code === 'EROFS' || error.code === 'EPERM') {
    return `${error.message}\n  fix: give this user the right to write there, or set data to another folder`;
  }
  return null;
}

const kebab = (name: string): string => name.replaceAll('_', '-');

/** Parses flags and runs. Exit codes: 0 done; 1 finished with failures; 2 wrong usage or wrong input. */
export async function runCommand(
  name: string,
  command: Command,
  argv: readonly string[],
  effects: Effects,
): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    effects.print(helpText(name, command));
    return 0;
  }
  try {
    return (await command.run(readOptions(name, command, argv), effects)) ?? 0;
  } catch (error) {
    const told = error instanceof DataError ? error.message : machineTrouble(error as Error);
    if (told === null) throw error;
    effects.log(printable(`${name}: ${told}`));
    return 2;
  }
}

function readOptions(name: string, command: Command, argv: readonly string[]): Record<string, unknown> {
  const shape = command.options.shape as Record<string, z.ZodType>;
  const spec = Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => [
      kebab(key),
      { type: isFlag(schema) ? ('boolean' as const) : ('string' as const), multiple: isList(schema) },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options: { ...spec, ...shortNames(spec) }, allowPositionals: true });
  } catch (error) {
    const hint = neighbour((error as Error).message, Object.keys(spec));
    throw new DataError(`${(error as Error).message.split(/\.?\n|\. /)[0]}\n  fix: ${hint}see socratic ${name} --help`);
  }
  const names = command.positionals ?? [];
  const last = names.at(-1);
  const rest = last !== undefined && isList(shape[last]!) ? last : null;
  const extra = rest ? undefined : parsed.positionals[names.length];
  if (extra !== undefined) throw new DataError(`unexpected argument ${extra}\n  fix: see socratic ${name} --help`);
  const given: Record<string, unknown> = Object.fromEntries(
    names.flatMap((name, index) => (index < parsed.positionals.length ? [[name, parsed.positionals[index]]] : [])),
  );
  if (rest) given[rest] = parsed.positionals.slice(names.length - 1);
  const flags = Object.fromEntries(
    Object.entries(parsed.values).map(([key, value]) => [key.replaceAll('-', '_'), value]),
  );
  const checked = command.options.safeParse({ ...given, ...flags });
  if (checked.success) return checked.data as Record<string, unknown>;
  const issue = checked.error.issues[0]!;
  const option = String(issue.path[0]);
  const label = names.includes(option) ? option : `--${kebab(option)}`;
  throw new DataError(
    `${label}: ${issue.message}; found ${String({ ...given, ...flags }[option] ?? 'nothing')}\n  fix: see socratic ${name} --help`,
  );
}

/** `did you mean --json? ` after an unknown option, or nothing. */
function neighbour(complaint: string, known: readonly string[]): string {
  const unknown = /^Unknown option '-+([^']+)'/.exec(complaint)?.[1];
  return unknown === undefined ? '' : `did you mean --${nearest(unknown, known)}? `;
}

const shortNames = (spec: Record<string, object>): Record<string, never> =>
  Object.fromEntries(
    Object.entries({ workers: 'w', out: 'o' }).flatMap(([name, short]) =>
      spec[name] ? [[name, { ...spec[name], short } as never]] : [],
    ),
  );

/** A number that is read from text takes `true` for 1, so text is what tells them apart. */
const isFlag = (schema: z.ZodType): boolean => schema.safeParse(true).success && !schema.safeParse('1').success;
const isList = (schema: z.ZodType): boolean => schema.safeParse(['x']).success;

export function helpText(name: string, command: Command): string {
  const positionals = command.positionals ?? [];
  const options = Object.entries(command.options.shape as Record<string, z.ZodType>).filter(
    ([key]) => !positionals.includes(key),
  );
  const lines = options.map(([key, schema]) => `  --${kebab(key).padEnd(16)} ${schema.description ?? ''}`);
  const usage = ['socratic', name, ...positionals.map((p) => `<${p}>`)].join(' ');
  const described = positionals.map(
    (p) => `  ${p.padEnd(18)} ${(command.options.shape as Record<string, z.ZodType>)[p]?.description ?? ''}`,
  );
  return [`${usage}: ${command.summary}`, '', ...described, ...lines].join('\n');
}
