import { existsSync, readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import type { ZodError } from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { lineOfSetting } from './config-lines.ts';
import { nearest } from './nearest.ts';
import { Settings } from './settings.ts';

const defaultFile = 'socratic.toml';
const prefix = 'SOCRATIC_';

type Tree = Record<string, unknown>;
type Place = readonly string[];

export interface ConfigSources {
  /** Overlays in order, later ones win. */
  files: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  /** `key=value` or `section.key=value`; wins over all. */
  flags: readonly string[];
}

/** Where a setting came from, in words that lead to it. */
interface Layer {
  tree: Tree;
  /** `file:12`, `SOCRATIC_WORKERS` or `--set workers`. */
  nameOf(place: Place): string;
}

/** socratic.toml < overlays < SOCRATIC_* < flags. Strict: an unknown key is refused with its nearest neighbour and its place. */
export function loadSettings({ files, environment, flags }: ConfigSources): Settings {
  const all = [...(existsSync(defaultFile) ? [defaultFile] : []), ...files];
  const layers = [...all.map(fileLayer), environmentLayer(environment), flagLayer(flags)];
  const merged = layers.reduce<Tree>((under, { tree }) => laidOver(under, tree), {});
  const parsed = Settings.safeParse(merged);
  if (parsed.success) return parsed.data;
  throw describe(parsed.error, merged, layers);
}

function fileLayer(file: string): Layer {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const fix = 'check the path given with --config';
    throw DataError.of({ where: file, expected: 'a configuration file', found: (error as Error).message, fix });
  }
  try {
    return { tree: parse(text), nameOf: (place) => `${file}:${lineOfSetting(text, place)}` };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const found = error.message.split('\n')[0];
    throw DataError.of({ where: `${file}:${error.line}`, expected: 'TOML', found, fix: 'mend the line' });
  }
}

/** SOCRATIC_WORKERS=4, SOCRATIC_SCORE__ROLLOUTS=16. */
function environmentLayer(environment: ConfigSources['environment']): Layer {
  const tree: Tree = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || value === undefined) continue;
    assign(tree, name.slice(prefix.length).toLowerCase().split('__'), value, name);
  }
  return { tree, nameOf: (place) => `${prefix}${place.join('__').toUpperCase()}` };
}

function flagLayer(flags: readonly string[]): Layer {
  const tree: Tree = {};
  for (const flag of flags) {
    const at = flag.indexOf('=');
    const fix = 'for example --set score.rollouts=16';
    if (at <= 0)
      throw DataError.of({ where: `--set ${flag}`, expected: 'key=value or section.key=value', found: flag, fix });
    assign(tree, flag.slice(0, at).split('.'), flag.slice(at + 1), `--set ${flag}`);
  }
  return { tree, nameOf: (place) => `--set ${place.join('.')}` };
}

function assign(tree: Tree, place: string[], value: string, where: string): void {
  const expected = 'key or section.key, in small letters';
  if (!place.every((part) => /^[a-z][a-z0-9_]*$/.test(part)))
    throw DataError.of({ where, expected, found: place.join('.'), fix: 'see jobs/settings.ts for the settings' });
  const last = place.at(-1)!;
  let at = tree;
  for (const part of place.slice(0, -1)) {
    if (!Object.hasOwn(at, part)) at[part] = {};
    if (!isTree(at[part]))
      throw DataError.of({ where, expected, found: `${part} both as a key and as a section`, fix: 'give it once' });
    at = at[part];
  }
  at[last] = typeof valueAt(Settings.parse({}), place) === 'string' ? value : literal(value);
}

/** Text as the kind of value it looks like; only for settings that are not text themselves. */
function literal(value: string): unknown {
  if (value === 'true' || value === 'false') return value === 'true';
  if (value === 'null') return null;
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}

const isTree = (value: unknown): value is Tree => value !== null && typeof value === 'object' && !Array.isArray(value);

const valueAt = (tree: unknown, place: Place): unknown =>
  place.reduce<unknown>((at, part) => (isTree(at) && Object.hasOwn(at, part) ? at[part] : undefined), tree);

const laidOver = (under: Tree, over: Tree): Tree => {
  const both = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = both[key];
    both[key] = isTree(value) && isTree(below) ? laidOver(below, value) : value;
  }
  return both;
};

function describe(error: ZodError, merged: Tree, layers: readonly Layer[]): DataError {
  const issue = error.issues[0]!;
  const section = issue.path.map(String);
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0]! : null;
  const place = unknown === null ? section : [...section, unknown];
  const origin = layers.findLast(({ tree }) => valueAt(tree, place) !== undefined)?.nameOf(place);
  const where = `setting ${place.join('.')}${origin ? ` (${origin})` : ''}`;
  if (unknown === null) {
    const fix = 'see jobs/settings.ts for what it may be';
    return DataError.of({ where, expected: issue.message, found: valueAt(merged, place), fix });
  }
  const known = Object.keys((valueAt(Settings.parse({}), section) ?? {}) as Tree);
  const fix = `did you mean ${[...section, nearest(unknown, known)].join('.')}?`;
  return DataError.of({ where, expected: `one of ${known.join(', ')}`, found: unknown, fix });
}
