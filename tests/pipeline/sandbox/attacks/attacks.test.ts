import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../../pipeline/ports.ts';
import { type Level, openSandbox, probeLevels } from '../../../../pipeline/sandbox/index.ts';
import { openAsOrdinaryUser, ordinaryUserObstacle, type RemoteSandbox } from '../remote-sandbox.ts';
import type { Field } from './attack.ts';
import { makeField } from './field.ts';
import { ATTACKS } from './index.ts';
import { uncoveredBy } from './uncovered.ts';

const no_perl = existsSync('/usr/bin/perl') ? null : 'no perl in /usr/bin, which makes the system calls';
const remote: RemoteSandbox[] = [];
const asOrdinaryUser = async (level: Level): Promise<Sandbox> => {
  const sandbox = await openAsOrdinaryUser(level);
  remote.push(sandbox);
  return sandbox;
};

interface Place {
  where: string;
  level: Level;
  reason: string | null;
  open(): Promise<Sandbox>;
}

const places = (await probeLevels()).flatMap(({ level, missing }): Place[] => {
  const here = { where: level, level, reason: missing ?? no_perl, open: () => openSandbox({ level }) };
  // Only there does it matter who starts it: root gives each command a user of its own.
  const is_double = level === 'landlock' && process.geteuid!() === 0;
  const reason = here.reason ?? ordinaryUserObstacle();
  return is_double
    ? [here, { level, where: `${level} by an ordinary user`, reason, open: () => asOrdinaryUser(level) }]
    : [here];
});
for (const { where, reason } of places)
  if (reason !== null) process.stderr.write(`attacks on ${where} skipped: ${reason}\n`);
afterAll(() => {
  for (const sandbox of remote) sandbox.close();
});

/** A busy machine takes its time. */
const OPENING_MS = 60_000;

const inField = (open: () => Promise<Sandbox>): (() => Field) => {
  let field: Field;
  beforeAll(async () => {
    field = makeField(await open());
  }, OPENING_MS);
  afterAll(() => field.decoys.remove());
  return () => field;
};

it('has names of its own for at least 25 attacks', () => {
  expect(ATTACKS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
});

describe.each(places)('$where', ({ level, reason, open }) => {
  const uncovered = uncoveredBy(level);
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

describe.skipIf(no_perl !== null)('without a sandbox it succeeds: code that', () => {
  const field = inField(() => openSandbox({ unsafeLocal: true }));
  it.each(ATTACKS.filter(({ bites }) => bites))('$name', async ({ attempt }) => {
    expect(await attempt(field())).not.toBeNull();
  });
});
