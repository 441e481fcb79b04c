/** 16-bit floats as they lie in a file. */
export interface HalfNumbers {
  readonly dtype: 'bf16' | 'fp16';
  readonly bits: Uint16Array;
  readonly length: number;
}

export type Numbers = Float32Array | HalfNumbers;

/** Value at a position, exactly converted. */
export type Decode = (at: number) => number;

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** bfloat16 is the upper half of a float32. */
export function fromBf16(bits: number): number {
  word[0] = bits << 16;
  return float[0]!;
}

/** IEEE binary16, denormals and infinities included. */
export function fromFp16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

export const half = (dtype: 'bf16' | 'fp16', bits: Uint16Array): HalfNumbers => ({ dtype, bits, length: bits.length });

export function decoderOf(numbers: Numbers): Decode {
  if (numbers instanceof Float32Array) return (at) => numbers[at]!;
  const { bits } = numbers;
  return numbers.dtype === 'bf16' ? (at) => fromBf16(bits[at]!) : (at) => fromFp16(bits[at]!);
}
