import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The library with the NVIDIA driver's functions run on the host by native/cuda/emulated*.cpp: no GPU. */
export const emulated = fileURLToPath(new URL('../../../build/libsketch-emulated.so', import.meta.url));
export const emulatedBuilt = existsSync(emulated);

if (!emulatedBuilt && process.env.REQUIRE_NATIVE)
  throw new Error(`REQUIRE_NATIVE is set, but there is no ${emulated} (make native)`);
if (!emulatedBuilt) console.log('sketch: no emulated CUDA library here (make native builds it); its tests are skipped');
