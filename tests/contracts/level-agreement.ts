import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Edit, RepositorySnapshot, SuiteRun, TestRunner, WarmSession } from '../../pipeline/ports.ts';

/** A library with tests, and edits of it. */
export interface Ground {
  repository: RepositorySnapshot;
  /** An edit that some test notices. */
  bug: Edit;
  /** An edit with which some test never ends. */
  hang: Edit;
}

const wall_ms = 60_000;
const minutes = 600_000;

const statuses = ({ outcome, tests }: SuiteRun): unknown => ({
  outcome,
  tests: tests.map(({ test_id, status }) => `${test_id} ${status}`).sort(),
});

/** What a test runner must say wherever its commands run: the same as `reference`, warm as cold. */
export const levelAgreement = (
  name: string,
  open: () => Promise<{ runner: TestRunner; reference: TestRunner; ground: Ground }>,
): void => {
  describe(name, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    let session: WarmSession;
    let ids: readonly string[];

    beforeAll(async () => {
      opened = await open();
      session = await opened.runner.warm(opened.ground.repository);
      ids = session.test_ids;
    }, minutes);
    afterAll(() => session?.close());

    const both = async (edits: readonly Edit[], more: { tests?: readonly string[]; wall_ms?: number } = {}) => {
      const request = { edits, wall_ms, ...more };
      const { runner, ground } = opened;
      return [await runner.cold(ground.repository, request), await session.suite(request)];
    };
    /** What the reference says that every test comes to, and one that the edit breaks. */
    const expectedOf = async (edits: readonly Edit[]): Promise<{ said: unknown; broken: string | undefined }> => {
      const run = await opened.reference.cold(opened.ground.repository, { edits, wall_ms });
      return { said: statuses(run), broken: run.tests.find(({ status }) => status === 'failed')?.test_id };
    };

    it.each(['the pristine tree', 'a tree with a bug'])(
      'says of %s what it says at full level',
      async (tree) => {
        const edits = tree === 'the pristine tree' ? [] : [opened.ground.bug];
        const { said, broken } = await expectedOf(edits);
        expect(broken === undefined).toBe(edits.length === 0);
        for (const run of await both(edits)) expect(statuses(run)).toEqual(said);
      },
      minutes,
    );

    it(
      'ends what never ends',
      async () => {
        for (const run of await both([opened.ground.hang], { wall_ms: 3000 })) expect(run.outcome).toBe('timeout');
      },
      minutes,
    );

    it(
      'tries edits one by one',
      async () => {
        const { bug } = opened.ground;
        const { broken } = await expectedOf([bug]);
        expect(ids).toContain(broken);
        const nothing = { ...bug, end: bug.start, replacement: '' };
        const request = { base: [], candidates: [nothing, bug], tests: [broken!], budget_ms: 2000 };
        const probes = await session.probe(request);
        expect(probes.map(({ outcome, tests }) => `${outcome} ${tests.at(-1)?.status}`)).toEqual([
          'ran passed',
          'ran failed',
        ]);
      },
      minutes,
    );
  });
};
