import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../../pipeline/ports.ts';
import type { Level } from '../../../../pipeline/sandbox/index.ts';
import type { Field } from './attack.ts';
import { makeField } from './field.ts';
import { ATTACKS } from './index.ts';
import { type Starter, uncoveredBy } from './uncovered.ts';

/** Why no attack can be made here, or null. */
export const noPerl = existsSync('/usr/bin/perl') ? null : 'no perl in /usr/bin, which makes the system calls';

/** A sandbox that all attacks are made on. */
export interface Place {
  where: string;
  level: Level;
  starter: Starter;
  /** Why it cannot be attacked here; null when it can. */
  reason: string | null;
  open(): Promise<Sandbox>;
}

/** A busy machine takes its time. */
const OPENING_MS = 60_000;

/** A field for the tests around it. */
export const inField = (open: () => Promise<Sandbox>): (() => Field) => {
  let field: Field;
  beforeAll(async () => {
    field = makeField(await open());
  }, OPENING_MS);
  afterAll(() => field.decoys.remove());
  return () => field;
};

/** All attacks: those that a level's README names get through, all others do not. */
export const attackSuite = ({ where, level, starter, reason, open }: Place): void => {
  describe(where, () => {
    const uncovered = uncoveredBy(level, starter);
    it('is said to miss only attacks that there are', () => {
      expect([...uncovered].filter((name) => !ATTACKS.some((attack) => attack.name === name))).toEqual([]);
    });

    describe.skipIf(reason !== null)('against code that', () => {
      const field = inField(open);
      it.each(ATTACKS.filter(({ name }) => !uncovered.has(name)))('$name: repels it', async ({ attempt }) => {
        expect(await attempt(field())).toBeNull();
      });
      it.each(ATTACKS.filter(({ name }) => uncovered.has(name)))(
        '$name: misses it, as its README says',
        async (attack) => {
          expect(await attack.attempt(field())).not.toBeNull();
        },
      );
    });
  });
};
