import { describe } from 'vitest';
import type { TestRunner } from '../../pipeline/ports.ts';
import { openSandbox } from '../../pipeline/sandbox/index.ts';
import { type RunnerCase, testRunnerContract } from '../contracts/test-runner.ts';
import { edit, goRunnerIn, lineOf, missingGo, tinyGo } from '../pipeline/languages/go/tiny.ts';

const ids = [
  'numerals/numerals_test.go::TestOneLetter',
  'numerals/numerals_test.go::TestUnknown',
  'roman_test.go::TestWrite',
  'roman_test.go::TestWriteRefuses',
  'roman_test.go::TestRead',
  'roman_test.go::TestReadOther',
  'roman_test.go::TestReadSmall',
  'roman_test.go::TestInverse',
];
const path = 'roman.go';

function caseOf(runner: TestRunner): RunnerCase {
  const wrong = edit('rest[len(numeral.Letters):]', 'rest[len(numeral.Letters)+1:]');
  return {
    repository: tinyGo,
    runner,
    ids,
    skipped: [ids[6]!],
    wrong: {
      edit: wrong,
      failing: [ids[4]!, ids[7]!],
      message: /^runtime error: slice bounds out of range/,
      frame: { path, line: lineOf('rest = rest[') },
    },
    back: { ...wrong, end: wrong.start + wrong.replacement.length, replacement: 'rest[len(numeral.Letters):]' },
    broken: edit('sum := 0', 'sum := ""'),
    hangs: { edit: edit('sum += numeral.Value', 'for {\n}'), test_id: ids[4]! },
    exits: edit('sum := 0', 'sum := 0; panic("exit")'),
    coverage: {
      test_id: ids[5]!,
      path,
      executed: [lineOf('sum := 0'), lineOf('return 0, false')],
      not_executed: lineOf('sum += numeral.Value'),
    },
  };
}

if ((await missingGo()) === null)
  testRunnerContract('go test', async () => caseOf(await goRunnerIn(await openSandbox())));
else describe.skip('go test as a TestRunner', () => {});
