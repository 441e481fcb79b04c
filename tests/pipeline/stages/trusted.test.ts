import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256 } from '../../../pipeline/hash.ts';
import { parseManifest } from '../../../pipeline/repositories/manifest.ts';
import { labelsDigest, refuseOverlap } from '../../../pipeline/stages/trusted.ts';
import { TrustedFile } from '../../../pipeline/tasks/trusted-spec.ts';
import { textOf } from '../../sources.ts';

const spec = (repository: string) => ({ repository, split: 'validation' }) as never;
const repositories = [
  { name: 'trained', split: 'train' },
  { name: 'kept', split: 'validation' },
];

describe('refuseOverlap', () => {
  it('lets disjoint splits pass', () => {
    expect(() => refuseOverlap([spec('kept'), spec('unknown')], repositories)).not.toThrow();
  });

  it('refuses a task of a training repository', () => {
    expect(() => refuseOverlap([spec('kept'), spec('trained')], repositories)).toThrow(
      /a validation task of trained, which is a training repository\n {2}fix: .*make validation-set/,
    );
  });
});

describe('labelsDigest', () => {
  it('is of the tests, not of their order', () => {
    expect(labelsDigest(['b', 'a'])).toBe(labelsDigest(['a', 'b']));
    expect(labelsDigest(['a'])).not.toBe(labelsDigest(['a', 'b']));
    expect(labelsDigest([])).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('the pinned list of the project', () => {
  const file = TrustedFile.parse(JSON.parse(textOf('data/seeds/validation/tasks.json')));
  const seeds = new Map(parseManifest(textOf('data/seeds/repositories.json'), 'manifest').map((s) => [s.name, s]));

  it('has its own digest, and no task twice', () => {
    expect(sha256(canonicalJson(file.tasks))).toBe(file.digest);
    const places = file.tasks.map((t) => [t.repository, t.path, t.start, t.end, t.replacement].join('\n'));
    expect(new Set(places).size).toBe(places.length);
  });

  it('comes from libraries of the manifest, at their version, of the split it is for: never of training', () => {
    for (const { repository, version, split, language } of file.tasks)
      expect({ repository, version, split, language }).toEqual({
        repository,
        version: seeds.get(repository)?.version,
        split: seeds.get(repository)?.split,
        language: seeds.get(repository)?.language,
      });
    expect(file.tasks.filter((t) => seeds.get(t.repository)!.split === 'train')).toEqual([]);
  });
});
