import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FULL_DISK, JUMPING_CLOCK, roundUpTo, say } from '../disturbed.ts';
import { missingSandbox } from '../tiny.ts';

const missing = await missingSandbox();
const ROUND = roundUpTo('validate');

describe.skipIf(missing !== null)('a round up to its verdicts', () => {
  let folder: string;
  let undisturbed: unknown;
  const place = (): string => mkdtempSync(join(folder, 'round-'));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'disturbed-'));
    undisturbed = JSON.parse((await say(ROUND, place())).out);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(process.geteuid!() !== 0)(
    'stops on a full disk with a reason, and goes on when there is room',
    async () => {
      const argv = [
        'unshare',
        '--mount',
        '--propagation',
        'private',
        '/bin/sh',
        '-c',
        FULL_DISK,
        'sh',
        '144k',
        ...ROUND,
      ];
      const { code, out, err } = await say(argv, place());
      const [first, words, digests] = out.split('\n');
      expect(first, words).not.toBe('0');
      expect(words).toMatch(/ENOSPC|no space left/i);
      expect(code, err).toBe(0);
      expect(JSON.parse(digests!)).toEqual(undisturbed);
    },
  );

  it('comes to the same tables under a clock that jumps', async () => {
    const { code, out, err } = await say(ROUND, place(), { NODE_OPTIONS: `--import=${JUMPING_CLOCK}` });
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toEqual(undisturbed);
  });

  it('goes on under another clock than it began with', async () => {
    const here = place();
    expect((await say(roundUpTo('generate'), here)).code).toBe(0);
    const { out, err } = await say(ROUND, here, { NODE_OPTIONS: `--import=${JUMPING_CLOCK}` });
    expect(out, err).not.toBe('');
    expect(JSON.parse(out)).toEqual(undisturbed);
  });
});
