import { existsSync } from 'node:fs';
import { type SketchEngine, typescriptEngine, wasmEngine } from '../../../pipeline/sketch/engine.ts';
import { libraryPlaces } from '../../../pipeline/sketch/load.ts';
import { type Isa, nativeEngine, nativeInfo } from '../../../pipeline/sketch/native.ts';

/** The library under test, or undefined where none was built. `REQUIRE_NATIVE=1` makes that a failure. */
export const library = libraryPlaces().find((path) => existsSync(path));

if (library === undefined) {
  if (process.env.REQUIRE_NATIVE)
    throw new Error(`REQUIRE_NATIVE is set, but there is no library: ${libraryPlaces().join(', ')}`);
  console.log('sketch: no native library here (make native builds it); its tests are skipped');
}

const nativeEngines = (): SketchEngine[] =>
  library ? nativeInfo(library).isas.map((isa) => nativeEngine(library!, { isa: isa as Isa })) : [];

/** Every implementation this machine can run. */
export const engines = (): SketchEngine[] => [typescriptEngine(), wasmEngine(), ...nativeEngines()];

/** Those that are held to the reference. */
export const fastEngines = (): SketchEngine[] => engines().slice(1);
