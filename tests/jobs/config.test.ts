import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../jobs/config.ts';
import { lineOfSetting } from '../../jobs/config-lines.ts';
import { paramsOf, Settings } from '../../jobs/settings.ts';
import { stagesOf } from '../../pipeline/round.ts';
import { textOf } from '../sources.ts';

const home = process.cwd();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => process.chdir(folder));
afterEach(() => {
  process.chdir(home);
  rmSync(join(folder, 'socratic.toml'), { force: true });
});

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const load = ({ files = [] as string[], environment = {}, flags = [] as string[] }) =>
  loadSettings({ files, environment, flags });

describe('precedence', () => {
  const rollouts = (sources: Parameters<typeof load>[0]) => load(sources).score.rollouts;

  it('file < overlays in order < environment < flags', () => {
    expect(rollouts({})).toBe(64);
    file('socratic.toml', '[score]\nrollouts = 10\nk = 1024\n');
    expect(rollouts({})).toBe(10);
    const files = [file('a.toml', '[score]\nrollouts = 11\n'), file('b.toml', 'score.rollouts = 12\n')];
    expect(rollouts({ files })).toBe(12);
    expect(rollouts({ files: [...files].reverse() })).toBe(11);
    const environment = { SOCRATIC_SCORE__ROLLOUTS: '13', HOME: '/x', SOCRATICS: 'y' };
    expect(rollouts({ files, environment })).toBe(13);
    expect(rollouts({ files, environment, flags: ['score.rollouts=14'] })).toBe(14);
    expect(rollouts({ files, environment, flags: ['score.rollouts=14', 'score.rollouts=15'] })).toBe(15);
    expect(load({ files, environment }).score.k).toBe(1024);
  });

  it('reads text as the setting wants it', () => {
    const flags = [
      'seed=42',
      'data=7',
      'workers=3',
      'unsafe_local=true',
      'trusted.most_validation=null',
      'select.quota_per_skill=4',
      'repositories=true',
    ];
    expect(load({ flags })).toMatchObject({
      seed: '42',
      data: '7',
      workers: 3,
      unsafe_local: true,
      trusted: { most_validation: null },
      select: { quota_per_skill: 4 },
      repositories: 'true',
    });
  });

  it('a value may hold an equals sign', () => {
    expect(load({ flags: ['seed=a=b'] }).seed).toBe('a=b');
  });

  it('the small configuration is one', () => {
    const small = load({ files: [join(home, 'jobs/smoke.toml')] });
    expect(small.score.rollouts).toBeLessThan(Settings.parse({}).score.rollouts);
  });
});

describe('refusals', () => {
  const refused = (sources: Parameters<typeof load>[0]): string => {
    try {
      load(sources);
    } catch (error) {
      return (error as Error).message;
    }
    return 'taken';
  };

  it('an unknown key: its nearest neighbour and its line', () => {
    file('socratic.toml', '# about\nworkers = 2\n\n[score]\nk = 512\nrolouts = 3\n');
    expect(refused({})).toMatch(
      /^setting score\.rolouts \(socratic\.toml:6\)\n {2}expected: one of rollouts, .*\n {2}found: rolouts\n {2}fix: did you mean score\.rollouts\?$/,
    );
  });

  it('an unknown section, in the overlay that has it', () => {
    file('socratic.toml', '[score]\nk = 512\n');
    expect(refused({ files: [file('o.toml', 'seed = "x"\n[scor]\nk = 3\n')] })).toMatch(
      /^setting scor \(o\.toml:2\)[\s\S]*did you mean score\?/,
    );
  });

  it('a value out of range: what it was and where it came from', () => {
    file('socratic.toml', '[solve]\nattempts = 2\n[evaluate]\nattempts = 0\n');
    expect(refused({})).toMatch(
      /^setting evaluate\.attempts \(socratic\.toml:4\)\n {2}expected: .*>=1\n {2}found: 0\n/,
    );
    expect(refused({ flags: ['evaluate.attempts=many'] })).toMatch(
      /^setting evaluate\.attempts \(--set evaluate\.attempts\)\n.*number.*\n {2}found: many\n/,
    );
    expect(refused({ flags: ['evaluate.attempts=3'] })).toBe('taken');
    const environment = { SOCRATIC_EVALUATE__ATTEMPTS: '-1' };
    expect(refused({ environment })).toMatch(/\(SOCRATIC_EVALUATE__ATTEMPTS\)\n.*\n {2}found: -1/);
  });

  it.each([
    [['wrkers=3'], /setting wrkers \(--set wrkers\)[\s\S]*did you mean workers\?/],
    [['workers.x=3'], /setting workers \(--set workers\)[\s\S]*expected: .*number/],
    [['score=3'], /setting score/],
    [['__proto__.x=3'], /--set __proto__\.x=3\n {2}expected: key or section\.key/],
    [['constructor.prototype.x=3'], /setting constructor/],
    [['a(b=3'], /--set a\(b=3\n {2}expected: key/],
    [['=3'], /expected: key=value/],
    [['workers=1', 'workers.x=3'], /workers both as a key and as a section/],
    [['repositories=a('], /setting repositories .*\n {2}expected: expected a regular expression\n {2}found: a\(/],
    [['seed='], /setting seed/],
    [['score.k=100'], /setting score\.k .*\n {2}expected: expected one of 512, 1024, 2048, 4096, 8192\n {2}found: 100/],
    [['score.s=3'], /setting score\.s/],
    [['warm_start.buckets=1000'], /setting warm_start\.buckets .*\n {2}expected: expected a power of two/],
  ])('flags %j', (flags, said) => {
    file('socratic.toml', '[score]\nk = 512\n');
    expect(refused({ flags })).toMatch(said);
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  it.each([
    ['no file', null, /absent\.toml\n {2}expected: a configuration file\n {2}found: ENOENT/],
    ['no TOML', '[score\nk = 1\n', /bad\.toml:1\n {2}expected: TOML/],
    ['a key twice', 'workers = 1\nworkers = 2\n', /bad\.toml:2\n {2}expected: TOML/],
    ['a number for text', 'seed = 42\n', /setting seed \(bad\.toml:1\)\n.*string.*\n {2}found: 42/],
  ])('a file that is %s', (_, text, said) => {
    expect(refused({ files: [text === null ? 'absent.toml' : file('bad.toml', text)] })).toMatch(said);
  });
});

describe('lineOfSetting', () => {
  const text = 'a = 1\n# b = 2\n[one]\nb = 2\n\n[two.three]\n"b" = 3\n[ four ]\nc.d = 4\n';
  it.each([
    ['a', 1],
    ['one', 3],
    ['one.b', 4],
    ['two.three.b', 7],
    ['four.c.d', 9],
    ['one.absent', 3],
    ['absent', 1],
  ])('%s', (place, line) => {
    expect(lineOfSetting(text, place.split('.'))).toBe(line);
  });
});

describe('parameters of stages', () => {
  it('every stage takes what the settings give it', () => {
    const settings = Settings.parse({});
    for (const round of [0, 1, 2])
      for (const stage of stagesOf(round))
        expect(() => stage.params.parse(paramsOf(settings, stage.name, round)), stage.name).not.toThrow();
  });

  it('the bootstrap draws without aim', () => {
    expect(paramsOf(Settings.parse({ bootstrap: { candidates: 5 } }), 'generate', 0)).toMatchObject({
      candidates: 5,
      explore: 1,
    });
  });

  it('the README of jobs and the Makefile name every command', () => {
    expect(textOf('Makefile')).toContain('jobs/cli.ts round');
  });
});
