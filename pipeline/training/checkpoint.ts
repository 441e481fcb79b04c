import * as z from 'zod';
import { DataError } from '../errors.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import { MlpPolicy } from '../solver/mlp.ts';
import { LogLinearPolicy, type Policy } from '../solver/policy.ts';
import { Adam } from './adam.ts';

const MAGIC = 'socratic-policy/1\n';

/** A policy with the state of its optimiser, so that training can go on in a later round. */
export interface Checkpoint {
  policy: Policy;
  optimiser: Adam;
}

const Header = z.strictObject({
  kind: z.enum(['loglinear', 'mlp']),
  buckets: z.int().min(2),
  parameter_count: z.int().min(1),
  optimiser_steps: z.int().min(0),
  optimiser: z.strictObject({
    learning_rate: z.number(),
    beta1: z.number(),
    beta2: z.number(),
    epsilon: z.number(),
  }),
});
type Header = z.infer<typeof Header>;

/**
 * Checkpoint as bytes: magic line, one line of JSON, then parameters, first and second moments as little-endian
 * float32. Equal checkpoints give equal bytes.
 */
export function checkpointBytes({ policy, optimiser }: Checkpoint): Uint8Array {
  const header: Header = {
    kind: policy.kind,
    buckets: policy.buckets,
    parameter_count: policy.parameterCount,
    optimiser_steps: optimiser.steps,
    optimiser: { ...optimiser.options },
  };
  const head = new TextEncoder().encode(`${MAGIC}${canonicalJson(header)}\n`);
  const arrays = [policy.parameters, optimiser.first, optimiser.second];
  const bytes = new Uint8Array(head.length + 4 * arrays.length * policy.parameterCount);
  bytes.set(head);
  const view = new DataView(bytes.buffer);
  let at = head.length;
  for (const array of arrays) {
    for (let i = 0; i < array.length; i++, at += 4) view.setFloat32(at, array[i]!, true);
  }
  return bytes;
}

/** Key of a checkpoint: the hash of its bytes. */
export const checkpointId = (bytes: Uint8Array): string => `policy_${sha256(bytes).slice(0, 16)}`;

/**
 * Reads what `checkpointBytes` wrote.
 * @param where named in the complaint when the bytes are not a checkpoint
 */
export function readCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  const { header, start } = readHeader(bytes, where);
  const expected = start + 12 * header.parameter_count;
  if (bytes.length !== expected) throw complaint(where, `${expected} bytes`, `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const array = (index: number) => readFloats(view, start + 4 * index * header.parameter_count, header.parameter_count);
  const policy = policyOf(header, array(0), where);
  const optimiser = new Adam(header.parameter_count, header.optimiser);
  optimiser.first.set(array(1));
  optimiser.second.set(array(2));
  optimiser.steps = header.optimiser_steps;
  return { policy, optimiser };
}

function readHeader(bytes: Uint8Array, where: string): { header: Header; start: number } {
  const magic = new TextDecoder().decode(bytes.subarray(0, MAGIC.length));
  if (magic !== MAGIC) throw complaint(where, `a policy checkpoint (${MAGIC.trim()})`, magic);
  const end = bytes.indexOf(10, MAGIC.length);
  const line = new TextDecoder().decode(bytes.subarray(MAGIC.length, end < 0 ? bytes.length : end));
  const header = Header.safeParse(parsed(line));
  if (!header.success) throw complaint(where, 'a line of JSON that describes the policy', line);
  return { header: header.data, start: end + 1 };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function policyOf({ kind, buckets }: Header, parameters: Float32Array, where: string): Policy {
  try {
    return kind === 'mlp' ? new MlpPolicy(buckets, parameters) : new LogLinearPolicy(buckets, parameters);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw complaint(where, 'as many parameters as its kind and buckets ask for', error.message);
  }
}

function readFloats(view: DataView, at: number, count: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = view.getFloat32(at + 4 * i, true);
  return values;
}

const complaint = (where: string, expected: string, found: unknown): DataError =>
  DataError.of({ where, expected, found, fix: 'train again from the round before, or restore the file' });
