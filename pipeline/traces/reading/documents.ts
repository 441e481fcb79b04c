import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { redact } from '../redact.ts';
import { type Blob, type Content, type Fault, largestRecordBytes, smallContent, stream } from './blob.ts';
import { parseJson } from './json.ts';
import { firstInk, layoutOf } from './layout.ts';
import { splitArray, splitLines } from './split.ts';

/** One parsed piece of a file. `record` counts from 0 inside the file. */
export type Document =
  | {
      kind: 'json';
      value: unknown;
      record: number;
      byte_offset: number;
      sha256: string;
      redactions: number;
      of: 'document' | 'line' | 'element';
    }
  | { kind: 'text'; text: string; sha256: string; redactions: number }
  | { kind: 'fault'; fault: Fault; record: number };

/** What a file turned out to be, once it has been read to the end. */
export interface Reading {
  sha256: string | null;
  redactions: number;
}

export interface ReadOptions {
  /** Changes text before it is parsed, after secrets were overwritten. */
  rewrite?: (text: string) => string;
}

const peekBytes = 1 << 18;
/** How far to look for the end of a first line before a file counts as one document. */
const longestPeek = 1 << 26;
const sha = (bytes: Uint8Array): string => hash('sha256', bytes);

/** Parsed pieces of a file in order. Whatever is wrong comes as a fault in its place; what is right around it still comes. */
export async function* documents(blob: Blob, { rewrite }: ReadOptions = {}): AsyncGenerator<Document> {
  const small = smallContent(blob);
  if (small) yield* fromMemory(small, rewrite);
  else yield* fromStream(blob, rewrite);
}

async function* fromMemory({ bytes, fault }: Content, rewrite: ReadOptions['rewrite']): AsyncGenerator<Document> {
  const layout = layoutOf(bytes, true);
  if (fault && layout !== 'lines' && layout !== 'array') {
    yield { kind: 'fault', fault, record: 0 };
    return;
  }
  switch (layout) {
    case 'empty':
      yield { kind: 'fault', fault: fault ?? { code: 'empty', message: 'nothing in it' }, record: 0 };
      return;
    case 'lfs_pointer':
      yield {
        kind: 'fault',
        fault: { code: 'lfs_pointer', message: 'a Git LFS pointer: the content itself was never fetched' },
        record: 0,
      };
      return;
    case 'lines':
      yield* lines(splitLines(once(bytes)), rewrite, fault);
      return;
    case 'array':
    case 'document':
      yield fault ? { kind: 'fault', fault, record: 0 } : piece(bytes, 0, 0, 'document', rewrite);
      return;
    default:
      yield text(bytes, rewrite);
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** Parses one value; its digest is that of the bytes as they were found. */
function piece(
  bytes: Buffer,
  record: number,
  base: number,
  of: 'document' | 'line' | 'element',
  rewrite: ReadOptions['rewrite'],
): Document {
  const { bytes: clean, counts } = redact(bytes);
  const parsed = parseJson(rewrite ? Buffer.from(rewrite(clean.toString('utf8'))) : clean, base);
  if ('fault' in parsed) return { kind: 'fault', fault: parsed.fault, record };
  return {
    kind: 'json',
    value: parsed.value,
    record,
    byte_offset: base,
    sha256: sha(bytes),
    redactions: sum(counts),
    of,
  };
}

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

async function* lines(
  pieces: ReturnType<typeof splitLines>,
  rewrite: ReadOptions['rewrite'],
  fault?: Fault,
): AsyncGenerator<Document> {
  let record = 0;
  let held: Document | null = null;
  for await (const line of pieces) {
    if (held) yield held;
    held =
      'fault' in line
        ? { kind: 'fault', fault: line.fault, record }
        : piece(line.bytes, record, line.byte_offset, 'line', rewrite);
    record++;
  }
  // damage to the compression shows in the last line that came out: one reject, not two
  if (held && !(fault && held.kind === 'fault')) yield held;
  if (fault) yield { kind: 'fault', fault, record: held?.kind === 'fault' ? held.record : record };
}

function text(bytes: Buffer, rewrite: ReadOptions['rewrite']): Document {
  const { bytes: clean, counts } = redact(bytes);
  const decoded = isUtf8(clean) ? clean.toString('utf8') : clean.toString('latin1');
  return { kind: 'text', text: rewrite ? rewrite(decoded) : decoded, sha256: sha(bytes), redactions: sum(counts) };
}

/** Big files: lines and array elements one at a time; a single document has to fit as a whole. */
async function* fromStream(blob: Blob, rewrite: ReadOptions['rewrite']): AsyncGenerator<Document> {
  const source = stream(blob)[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  let peeked = 0;
  let damage: Fault | undefined;
  const next = async (): Promise<Buffer | null> => {
    try {
      const { done, value } = await source.next();
      return done ? null : value;
    } catch (error) {
      damage = { code: 'truncated', message: `compressed data ends early or is damaged: ${(error as Error).message}` };
      return null;
    }
  };
  for (let chunk = await next(); chunk; chunk = await next()) {
    head.push(chunk);
    peeked += chunk.length;
    if (peeked >= peekBytes && (peeked >= longestPeek || head.some((part) => part.includes(10)))) break;
  }
  async function* rest(): AsyncGenerator<Buffer> {
    yield* head;
    for (let chunk = await next(); chunk; chunk = await next()) yield chunk;
  }
  const start = Buffer.concat(head);
  const layout = layoutOf(start, false);
  if (layout === 'lines') yield* lines(splitLines(rest()), rewrite);
  else if (layout === 'array' && isRecordArray(start)) yield* elements(rest(), rewrite);
  else yield* whole(rest(), rewrite, layout);
  if (damage) yield { kind: 'fault', fault: damage, record: -1 };
}

/** Elements that are trajectories of their own, not messages or events of one. */
function isRecordArray(head: Buffer): boolean {
  const text = head.subarray(firstInk(head), 4_096).toString('latin1');
  return (
    /^\[\s*\{/.test(text) &&
    !/^\[\s*\{\s*"(?:role|content|from|id"\s*:\s*\d+\s*,\s*"timestamp|action|observation|source|kind)"/.test(text)
  );
}

async function* elements(chunks: AsyncIterable<Buffer>, rewrite: ReadOptions['rewrite']): AsyncGenerator<Document> {
  let record = 0;
  for await (const element of splitArray(chunks)) {
    yield 'fault' in element
      ? { kind: 'fault', fault: element.fault, record }
      : piece(element.bytes, record, element.byte_offset, 'element', rewrite);
    record++;
  }
}

async function* whole(
  chunks: AsyncIterable<Buffer>,
  rewrite: ReadOptions['rewrite'],
  layout: string,
): AsyncGenerator<Document> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size > largestRecordBytes) {
      yield {
        kind: 'fault',
        fault: { code: 'too_large', message: `one JSON value of more than ${largestRecordBytes} bytes` },
        record: 0,
      };
      return;
    }
  }
  const bytes = Buffer.concat(parts);
  yield layout === 'text' ? text(bytes, rewrite) : piece(bytes, 0, 0, 'document', rewrite);
}
