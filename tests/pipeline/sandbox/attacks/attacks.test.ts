import { afterAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../../pipeline/ports.ts';
import { type Level, openSandbox, probeLevels } from '../../../../pipeline/sandbox/index.ts';
import { LONE_USER, openAsOrdinaryUser, ordinaryUserObstacle, type RemoteSandbox } from '../remote-sandbox.ts';
import { ATTACKS } from './index.ts';
import { attackSuite, inField, noPerl, type Place } from './suite.ts';

const remote: RemoteSandbox[] = [];
const asOrdinaryUser = async (level: Level): Promise<Sandbox> => {
  const sandbox = await openAsOrdinaryUser(level, LONE_USER);
  remote.push(sandbox);
  return sandbox;
};

/** Containers take minutes: they are attacked in `tests/long/`. */
const LEVELS: readonly Level[] = ['bubblewrap-full', 'bubblewrap-bound-proc', 'landlock'];

const places = (await probeLevels(LEVELS)).flatMap(({ level, missing }): Place[] => {
  const starter = process.geteuid!() === 0 ? 'root' : 'ordinary';
  const here: Place = { where: level, level, starter, reason: missing ?? noPerl, open: () => openSandbox({ level }) };
  // Only there does it matter who starts it: root gives each command a user of its own.
  const is_double = level === 'landlock' && starter === 'root';
  const reason = here.reason ?? ordinaryUserObstacle();
  return is_double
    ? [
        here,
        {
          ...here,
          where: `${level} by an ordinary user`,
          starter: 'ordinary',
          reason,
          open: () => asOrdinaryUser(level),
        },
      ]
    : [here];
});
for (const { where, reason } of places)
  if (reason !== null) process.stderr.write(`attacks on ${where} skipped: ${reason}\n`);
afterAll(() => {
  for (const sandbox of remote) sandbox.close();
});

it('has names of its own for at least 25 attacks', () => {
  expect(ATTACKS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
});

for (const place of places) attackSuite(place);

describe.skipIf(noPerl !== null)('without a sandbox it succeeds: code that', () => {
  const field = inField(() => openSandbox({ unsafeLocal: true }));
  it.each(ATTACKS.filter(({ bites }) => bites))('$name', async ({ attempt }) => {
    expect(await attempt(field())).not.toBeNull();
  });
});
