/** 16-bit floats as they lie in a file. */
export interface HalfNumbers {
  readonly dtype: 'bf16' | 'fp16';
  readonly bits: Uint16Array;
  readonly length: number;
}

export type Numbers = Float32Array | HalfNumbers;
export type Dtype = 'fp32' | 'bf16' | 'fp16';

/** Codes of the C ABI and the WASM module. */
export const DTYPES: readonly Dtype[] = ['fp32', 'bf16', 'fp16'];

export const dtypeOf = (numbers: Numbers): Dtype => (numbers instanceof Float32Array ? 'fp32' : numbers.dtype);

export const half = (dtype: 'bf16' | 'fp16', bits: Uint16Array): HalfNumbers => ({ dtype, bits, length: bits.length });

/** The memory behind the numbers. */
export const rawOf = (numbers: Numbers): Float32Array | Uint16Array =>
  numbers instanceof Float32Array ? numbers : numbers.bits;

/** `count` numbers from position `from`, undecoded, no copy. */
export const numbersFrom = (numbers: Numbers, from: number, count: number): Float32Array | Uint16Array =>
  rawOf(numbers).subarray(from, from + count);

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

/** Exact fp32 values of numbers of one dtype. */
export function decodeInto(out: Float32Array, raw: Float32Array | Uint16Array, dtype: Dtype): void {
  if (dtype === 'fp32') out.set(raw);
  else if (dtype === 'bf16') for (let i = 0; i < raw.length; i++) out[i] = fromBf16(raw[i]!);
  else for (let i = 0; i < raw.length; i++) out[i] = fromFp16(raw[i]!);
}
