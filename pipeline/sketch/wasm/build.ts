import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Compiles `tps.as` with the pinned AssemblyScript compiler. The committed `tps.wasm` is this function's result;
 * a test rebuilds and compares it. The compiler wants a name in .ts, which our own type check must not see.
 */
export async function buildWasm(
  source = readFileSync(new URL('./tps.as', import.meta.url), 'utf8'),
): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc');
  let module: Uint8Array | undefined;
  const flags = [
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--initialMemory',
    '10',
    '--outFile',
    'tps.wasm',
  ];
  const { error, stderr } = await asc.main(['tps.ts', ...flags], {
    readFile: (name: string) => (name === 'tps.ts' ? source : null),
    writeFile: (_name: string, contents: string | Uint8Array) => {
      module = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !module) throw new Error(`AssemblyScript: ${error?.message ?? 'no output'}\n${stderr}`);
  return module;
}

/** `node pipeline/sketch/wasm/build.ts` writes tps.wasm anew. */
if (import.meta.main) writeFileSync(new URL('./tps.wasm', import.meta.url), await buildWasm());
