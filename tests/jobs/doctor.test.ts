import { expect, it } from 'vitest';
import { sandboxFindings, usedOf } from '../../jobs/doctor.ts';
import { LEVELS, type LevelReport } from '../../pipeline/sandbox/index.ts';
import { socratic } from './run.ts';

const has = (level: LevelReport['level']): LevelReport => ({ level, id: `${level}/1`, missing: null, fix: null });
const lacks = (level: LevelReport['level']): LevelReport => ({
  level,
  id: null,
  missing: 'sandbox\n  expected: bwrap in /usr/bin\n  found: no bwrap',
  fix: 'install bubblewrap',
});
const machine = (...levels: LevelReport['level'][]): LevelReport[] =>
  LEVELS.map((level) => (levels.includes(level) ? has(level) : lacks(level)));

it.each([
  ['all', machine(...LEVELS), 'strongest', 'bubblewrap-full'],
  ['no fresh /proc', machine('bubblewrap-bound-proc', 'landlock'), 'strongest', 'bubblewrap-bound-proc'],
  ['only what is used by name', machine('container', 'landlock'), 'strongest', undefined],
  ['only what is used by name, which is named', machine('container', 'landlock'), 'landlock', 'landlock'],
  ['all but what is named', machine('bubblewrap-full', 'landlock'), 'container', undefined],
] as const)('says what runs use where this machine has %s', (_, levels, wanted, level) => {
  expect(usedOf(levels, wanted)?.level).toBe(level);
});

it('shows every level, why it is missing and what to install', () => {
  const levels = machine('bubblewrap-bound-proc', 'landlock');
  const found = sandboxFindings(levels, levels[1]);
  expect(found.map(({ what, ok }) => `${what} ${ok}`)).toEqual([
    'sandbox yes',
    'sandbox bubblewrap-full no',
    'sandbox bubblewrap-bound-proc yes',
    'sandbox container no',
    'sandbox landlock yes',
  ]);
  expect(found[0]!.found).toBe('bubblewrap-bound-proc/1');
  expect(found[1]).toMatchObject({ found: 'expected: bwrap in /usr/bin; found: no bwrap', fix: 'install bubblewrap' });
  expect(found[4]!.found).toBe('landlock/1');
});

it('says that nothing runs where there is no level', () => {
  const [first, ...others] = sandboxFindings(machine(), undefined);
  expect(first).toMatchObject({ what: 'sandbox', ok: 'no' });
  expect(others).toHaveLength(LEVELS.length);
});

it('shows every level of this machine, as JSON too', async () => {
  const { out } = await socratic(['doctor', '--json']);
  const found = JSON.parse(out) as { what: string; ok: string; found: string; fix: string }[];
  const levels = found.filter(({ what }) => what.startsWith('sandbox '));
  expect(levels.map(({ what }) => what)).toEqual(LEVELS.map((level) => `sandbox ${level}`));
  for (const level of levels) expect(level.ok === 'yes' ? level.found : level.fix).not.toBe('');
}, 120_000);
