import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project } from '../../../sources.ts';

const tools = join(project, 'pipeline/languages/python/runner/tools');
const script =
  'import sys; sys.path.insert(0, sys.argv[1]); from socratic_pytest.failures import cut; print(cut(sys.argv[2]))';
const python = (...argv: string[]): string => execFileSync('python3', ['-c', ...argv], { encoding: 'utf8' }).trim();
const cut = (text: string): string => python(script, tools, text);
const datetimeOf = (date: Date): string =>
  `datetime.datetime(${date.toISOString().match(/\d+/g)!.slice(0, 6).map(Number).join(', ')}, 502308)`;
const prefix = python('import sys; print(sys.prefix)');

describe('the message of a Python failure', () => {
  it.each([
    ['<A at 0x7f2aa516e020>', '<A at 0x…>'],
    ['<generator o...7f704ca15c60> == 1', '<generator o...0x…> == 1'],
    ['<[UnboundLoca...x7f2aa516e020> == 1', '<[UnboundLoca...0x…> == 1'],
    ['...FFFF5CA2260>, <Integ', '...0x…>, <Integ'],
    ['raised in repr(...60>, <A', 'raised in repr(...0x…>, <A'],
    ['diff\n  - 507ce0>, <object', 'diff\n  - 0x…>, <object'],
    [`failed: ${prefix}/lib/python3/site-packages/a.py:505`, 'failed: lib/python3/site-packages/a.py:505'],
    [`is ${datetimeOf(new Date())}`, 'is datetime.datetime(<now>)'],
    ['is datetime.datetime(2012, 11, 10, 12, 30)', 'is datetime.datetime(2012, 11, 10, 12, 30)'],
    ['is datetime.datetime(2012, 13, 10, 12, 30)', 'is datetime.datetime(2012, 13, 10, 12, 30)'],
    ["'select a + b...d z ^ 2'", "'select a + b...d z ^ 2'"],
    ['<B of 1234567>', '<B of 1234567>'],
  ])('%s', (text, expected) => {
    expect(cut(text)).toBe(expected);
  });
});
