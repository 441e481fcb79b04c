import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../pipeline/repositories/manifest.ts';
import { textOf } from '../../sources.ts';
import { tinySeed } from '../../tiny.ts';

const seed = tinySeed('python', 'train', 'somewhere');
const parse = (value: unknown) =>
  parseManifest(typeof value === 'string' ? value : JSON.stringify(value), 'seeds.json');

describe('parseManifest', () => {
  it('reads what it wrote', () => {
    expect(parse([seed])).toEqual([seed]);
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '[{', /^seeds\.json\n {2}expected: JSON/],
    ['no list', {}, /^seeds\.json.*\n.*array/],
    ['a missing field', [{ ...seed, licence: undefined }], /seeds\.json: tiny-python-train\n.*\n {2}found: licence/],
    ['an unknown field', [{ ...seed, colour: 'red' }], /tiny-python-train\n.*colour/],
    ['an unknown split', [{ ...seed, split: 'test' }], /found: split/],
    [
      'a deselection without a reason',
      [{ ...seed, test: { ...seed.test, deselect: [{ id: 'x', reason: '' }] } }],
      /found: test\.deselect\.0\.reason/,
    ],
    [
      'a weak digest',
      [{ ...seed, origin: { kind: 'npm', name: 'x', version: '1', integrity: 'sha1-x' } }],
      /found: origin\.integrity/,
    ],
    ['no globs', [{ ...seed, source: [] }], /found: source/],
    ['an entry that is nothing', [null], /seeds\.json: entry 0/],
    ['two of one name', [seed, { ...seed, version: '2' }], /one entry per name\n {2}found: two of tiny-python-train/],
  ])('%s', (_, value, said) => {
    expect(() => parse(value)).toThrow(said);
    expect(() => parse(value)).toThrow(/fix: mend the entry; data\/seeds\/README\.md says/);
  });

  it('the README says what every field means', () => {
    const page = textOf('data/seeds/README.md');
    for (const field of [
      'name',
      'version',
      'language',
      'licence',
      'split',
      'origin',
      'source',
      'tests',
      'runner',
      'deselect',
      'import_roots',
      'environment',
      'requirements',
      'notes',
    ])
      expect(page, field).toContain(field);
  });
});

describe('the manifest of the project', () => {
  const seeds = parseManifest(textOf('data/seeds/repositories.json'), 'data/seeds/repositories.json');
  const permissive =
    /^(MIT|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD|PSF-2\.0|Python-2\.0|MIT-0|Unlicense|BlueOak-1\.0\.0)( (OR|AND) [\w.-]+)*$/;

  it('has at least twelve libraries, about half of each language, from packages with digests', () => {
    expect(seeds.length).toBeGreaterThanOrEqual(12);
    const python = seeds.filter((s) => s.language === 'python').length;
    expect(Math.abs(python / seeds.length - 0.5)).toBeLessThan(0.2);
    for (const { origin, language } of seeds) expect(origin.kind).toBe(language === 'python' ? 'pypi' : 'npm');
  });

  it('has permissive licences, exact versions and pins, and a reason for each test left out', () => {
    for (const { name, licence, version, origin, requirements } of seeds) {
      expect(licence, name).toMatch(permissive);
      expect(version, name).toMatch(/^\d+(\.\d+)+$/);
      expect((origin as { version: string }).version, name).toBe(version);
      for (const pin of requirements) expect(pin, name).toMatch(/^@?[\w./-]+(==|@)\d[\w.+-]*( *;.*)?$/);
    }
  });

  it('keeps some of both languages for training, and some of each split', () => {
    for (const split of ['train', 'validation', 'held_out'])
      expect(new Set(seeds.filter((s) => s.split === split).map((s) => s.language)).size, split).toBe(2);
  });
});
