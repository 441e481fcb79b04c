import { expect, it } from 'vitest';
import { sandboxFindings } from '../../jobs/doctor.ts';
import type { LevelReport } from '../../pipeline/sandbox/index.ts';

const has = (level: LevelReport['level']): LevelReport => ({ level, id: `${level}/1`, missing: null, fix: null });
const lacks = (level: LevelReport['level']): LevelReport => ({
  level,
  id: null,
  missing: 'sandbox\n  expected: bwrap in /usr/bin\n  found: no bwrap',
  fix: 'install bubblewrap',
});

it('shows the level in use alone when nothing is above it', () => {
  const [used, ...others] = sandboxFindings([has('bubblewrap-full'), has('bubblewrap-bound-proc'), has('landlock')]);
  expect(used).toMatchObject({ what: 'sandbox', ok: 'yes', found: 'bubblewrap-full/1' });
  expect(others).toEqual([]);
});

it('shows why the levels above are missing, and what to install', () => {
  const found = sandboxFindings([lacks('bubblewrap-full'), lacks('bubblewrap-bound-proc'), has('landlock')]);
  expect(found.map(({ what, ok }) => `${what} ${ok}`)).toEqual([
    'sandbox yes',
    'sandbox bubblewrap-full no',
    'sandbox bubblewrap-bound-proc no',
  ]);
  expect(found[1]).toMatchObject({
    found: 'expected: bwrap in /usr/bin; found: no bwrap',
    fix: 'install bubblewrap',
  });
});

it('says that nothing runs where there is no level', () => {
  const [first, ...others] = sandboxFindings([lacks('bubblewrap-full'), lacks('landlock')]);
  expect(first).toMatchObject({ what: 'sandbox', ok: 'no' });
  expect(others).toHaveLength(2);
});
