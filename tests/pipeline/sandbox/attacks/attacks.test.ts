import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../../pipeline/ports.ts';
import { openSandbox, probeSandbox } from '../../../../pipeline/sandbox/index.ts';
import type { Field } from './attack.ts';
import { makeField } from './field.ts';
import { ATTACKS } from './index.ts';

const { missing } = await probeSandbox();
const reason = missing ?? (existsSync('/usr/bin/perl') ? null : 'no perl in /usr/bin, which makes the system calls');
if (reason !== null) process.stderr.write(`attacks skipped: ${reason}\n`);

const inField = (open: () => Promise<Sandbox>): (() => Field) => {
  let field: Field;
  beforeAll(async () => {
    field = makeField(await open());
  });
  afterAll(() => field.decoys.remove());
  return () => field;
};

it('has names of its own for at least 25 attacks', () => {
  expect(ATTACKS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
});

describe.skipIf(reason !== null)('the full sandbox repels code that', () => {
  const field = inField(openSandbox);
  it.each(ATTACKS)('$name', async ({ attempt }) => {
    expect(await attempt(field())).toBeNull();
  });
});

describe.skipIf(reason !== null)('without a sandbox it succeeds: code that', () => {
  const field = inField(() => openSandbox({ unsafeLocal: true }));
  it.each(ATTACKS.filter(({ bites }) => bites))('$name', async ({ attempt }) => {
    expect(await attempt(field())).not.toBeNull();
  });
});
