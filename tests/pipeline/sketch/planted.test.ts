import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { nativeEngine, nativeInfo } from '../../../pipeline/sketch/native.ts';
import { keyedRun } from '../../../pipeline/sketch/piece.ts';
import { emptySketch } from '../../../pipeline/sketch/sketch.ts';
import { addRun } from '../../../pipeline/sketch/tiles.ts';
import { buildWasm } from '../../../pipeline/sketch/wasm/build.ts';
import { wasmKernel } from '../../../pipeline/sketch/wasm/kernel.ts';
import { library } from './engines.ts';
import { GOLDEN_KEY, GOLDENS, goldenInput, hashTotals } from './golden.ts';
import { newFolder } from './spool/fixtures.ts';

/** The tests are only worth something if a bug in one lane of one kernel fails them, and nothing but that kernel. */
const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const objects = pathOf('../../../build/sketch');
const canBuild =
  library !== undefined && existsSync(join(objects, 'api.o')) && spawnSync('c++', ['--version']).status === 0;
if (!canBuild) console.log('sketch: no library built here or no C++ compiler; planted native bugs are skipped');

function replaceOnce(text: string, from: string, to: string): string {
  expect(text.split(from)).toHaveLength(2);
  return text.replace(from, to);
}

/** Builds the library with one changed source file, from the objects that are already there. */
function buildWith(file: string, from: string, to: string): string {
  const folder = newFolder('planted');
  cpSync(pathOf('../../../pipeline/sketch/native'), folder, { recursive: true });
  const source = join(folder, `${file}.cpp`);
  writeFileSync(source, replaceOnce(readFileSync(source, 'utf8'), from, to));
  execFileSync('c++', [
    '-std=c++17',
    '-O2',
    '-fPIC',
    '-ffp-contract=off',
    '-w',
    '-c',
    source,
    '-o',
    join(folder, 'changed.o'),
  ]);
  const sources = /^SOURCES = (.*)$/m.exec(readFileSync(join(folder, 'Makefile'), 'utf8'))![1]!.split(' ');
  const others = [...sources, 'cuda/driver'].filter((name) => name !== file).map((name) => join(objects, `${name}.o`));
  const out = join(folder, 'libplanted.so');
  execFileSync('c++', ['-shared', '-pthread', '-o', out, join(folder, 'changed.o'), ...others, '-ldl']);
  return out;
}

const bugs = [
  { file: 'scalar', from: 'from[lane ^ mask]', to: 'from[lane == 63 ? lane : lane ^ mask]' },
  { file: 'avx2', from: '{1, 0, 3, 2, 5, 4, 7, 6}', to: '{1, 0, 3, 2, 5, 4, 6, 7}' },
  {
    file: 'avx512',
    from: '_mm512_xor_si512(iota(), all(mask))',
    to: '_mm512_mask_xor_epi32(iota(), 0x7fff, iota(), all(mask))',
  },
];

describe.skipIf(!canBuild || !existsSync(join(objects, 'cuda', 'driver.o')))('a bug in one lane', () => {
  test.each(bugs)(
    'of $file is found there and nowhere else',
    ({ file, from, to }) => {
      if (!nativeInfo(library!).isas.includes(file)) return;
      let message = '';
      try {
        nativeEngine(buildWith(file, from, to));
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toMatch(new RegExp(`wrong bits: ${file} at k=512 s=4`));
      expect(message.match(/ at k=/g)).toHaveLength(1);
    },
    60_000,
  );
});

test('a bug in one lane of the WebAssembly module is found', async () => {
  const source = readFileSync(pathOf('../../../pipeline/sketch/wasm/tps.as'), 'utf8');
  const { k, s, sha } = GOLDENS[3]!;
  const hashOf = async (text: string): Promise<string> => {
    const sketch = emptySketch({ seed: 0n, k, s });
    addRun(
      wasmKernel(sketch.spec, await buildWasm(text)),
      sketch,
      keyedRun({ name: 'golden', values: goldenInput() }, GOLDEN_KEY),
    );
    return hashTotals(sketch.totals);
  };
  expect(await hashOf(source)).toBe(sha);
  expect(
    await hashOf(replaceOnce(source, 'let j = 0; j < 16; j++) store<u8>', 'let j = 0; j < 12; j++) store<u8>')),
  ).not.toBe(sha);
}, 60_000);
