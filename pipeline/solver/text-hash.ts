/** Avalanche of MurmurHash3 (32 bit): every input bit reaches every output bit. */
export const finish = (h: number): number => {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
};

/** Folds one more 32-bit value into a running hash; order matters. */
export const fold = (h: number, value: number): number => {
  const x = Math.imul(h ^ value, 0x9e3779b1);
  return (x << 15) | (x >>> 17);
};

/** 32-bit hash of a text over its UTF-16 code units (FNV-1a, then avalanche). The same on every machine. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return finish(h ^ text.length);
}
