import { existsSync, readFileSync } from 'node:fs';
import { distance } from 'fastest-levenshtein';
import { parse, TomlError } from 'smol-toml';
import type { ZodError } from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { Settings } from './settings.ts';

const defaultFile = 'socratic.toml';

type Tree = Record<string, unknown>;

export interface ConfigSources {
  /** Overlays in order, later ones win. */
  files: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  /** `key=value` or `section.key=value`; wins over all. */
  flags: readonly string[];
}

/** socratic.toml < overlays < SOCRATIC_* < flags. Strict: an unknown key is refused with its nearest neighbour and its line. */
export function loadSettings({ files, environment, flags }: ConfigSources): Settings {
  const all = [...(existsSync(defaultFile) ? [defaultFile] : []), ...files];
  const merged: Tree = {};
  for (const file of all) merge(merged, readToml(file));
  merge(merged, fromEnvironment(environment));
  for (const flag of flags) assign(merged, ...splitFlag(flag));
  const parsed = Settings.safeParse(merged);
  if (parsed.success) return parsed.data;
  throw describe(parsed.error, all);
}

function readToml(file: string): Tree {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw DataError.of({
      where: file,
      expected: 'a configuration file',
      found: (error as Error).message,
      fix: 'check the path given with --config',
    });
  }
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw DataError.of({
      where: `${file}:${error.line}`,
      expected: 'TOML',
      found: error.message.split('\n')[0],
      fix: 'mend the line',
    });
  }
}

/** SOCRATIC_WORKERS=4, SOCRATIC_SCORE__ROLLOUTS=16. */
function fromEnvironment(environment: ConfigSources['environment']): Tree {
  const tree: Tree = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('SOCRATIC_') || value === undefined) continue;
    assign(tree, name.slice('SOCRATIC_'.length).toLowerCase().replaceAll('__', '.'), value);
  }
  return tree;
}

function splitFlag(flag: string): [string, string] {
  const at = flag.indexOf('=');
  if (at > 0) return [flag.slice(0, at), flag.slice(at + 1)];
  throw DataError.of({
    where: `--set ${flag}`,
    expected: 'key=value or section.key=value',
    found: flag,
    fix: 'for example --set score.rollouts=16',
  });
}

function assign(tree: Tree, path: string, value: string): void {
  const parts = path.split('.');
  const last = parts.pop()!;
  let at = tree;
  for (const part of parts) {
    at[part] ??= {};
    at = at[part] as Tree;
  }
  at[last] = literal(value);
}

function literal(value: string): unknown {
  if (value === 'true' || value === 'false') return value === 'true';
  if (value === 'null') return null;
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

function merge(into: Tree, from: Tree): void {
  for (const [key, value] of Object.entries(from)) {
    const isTable = value !== null && typeof value === 'object' && !Array.isArray(value);
    if (isTable && typeof into[key] === 'object') merge(into[key] as Tree, value as Tree);
    else into[key] = isTable ? structuredClone(value) : value;
  }
}

function describe(error: ZodError, files: readonly string[]): DataError {
  const issue = error.issues[0]!;
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') {
    return DataError.of({
      where: `setting ${path.join('.')}${lineOf(path, files)}`,
      expected: issue.message,
      found: 'the value that was given',
      fix: 'see socratic round --help or jobs/settings.ts for the range',
    });
  }
  const key = issue.keys[0]!;
  const known = knownKeys(path);
  const nearest = [...known].sort((a, b) => distance(a, key) - distance(b, key) || (a < b ? -1 : 1))[0];
  const place = [...path, key];
  return DataError.of({
    where: `setting ${place.join('.')}${lineOf(place, files)}`,
    expected: `one of ${known.join(', ')}`,
    found: key,
    fix: nearest ? `did you mean ${[...path, nearest].join('.')}?` : 'remove it',
  });
}

function knownKeys(path: readonly string[]): string[] {
  let defaults: unknown = Settings.parse({});
  for (const part of path) defaults = (defaults as Tree)[part];
  return Object.keys(defaults as Tree);
}

/** ` (file:line)` of the last mention of a key, or nothing. */
function lineOf(path: readonly string[], files: readonly string[]): string {
  const key = path.at(-1)!;
  for (const file of [...files].reverse()) {
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((text) => new RegExp(`^\\s*(\\[)?([\\w.]*\\.)?${key}\\b`).test(text));
    if (line >= 0) return ` (${file}:${line + 1})`;
  }
  return '';
}
