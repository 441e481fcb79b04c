/** How the records of a text lie in it. */
export type Layout = 'empty' | 'lfs_pointer' | 'zip' | 'parquet' | 'document' | 'lines' | 'array' | 'text';

const headBytes = 1 << 16;

/**
 * Decides by the first bytes, never by the name. `isWhole` says that `head` is everything there is.
 * Lines: JSON objects one per line; a cut or foreign line among them does not change that.
 */
export function layoutOf(head: Buffer, isWhole: boolean): Layout {
  const start = firstInk(head);
  if (start < 0) return isWhole ? 'empty' : 'text';
  if (head.subarray(0, 4).equals(Buffer.from('PK\x03\x04'))) return 'zip';
  if (head.subarray(0, 4).equals(Buffer.from('PAR1'))) return 'parquet';
  const text = head.subarray(start, start + headBytes).toString('latin1');
  if (text.startsWith('version https://git-lfs')) return 'lfs_pointer';
  if (text[0] === '[' && !/^\[\d{4}-|^\[[A-Z]{3,}\]/.test(text)) return looksLikeArray(text) ? 'array' : 'text';
  const lines = text.split('\n');
  if (lines.length > 1 && text.length === headBytes) lines.pop();
  if (areObjects(lines) || (text[0] === '{' && isFollowedByObject(head, start))) return 'lines';
  return text[0] === '{' ? 'document' : 'text';
}

/** Offset of the first byte that is neither white space nor a byte order mark; -1 when there is none. */
export function firstInk(bytes: Buffer): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09))
    at++;
  return at < bytes.length ? at : -1;
}

const looksLikeArray = (text: string): boolean => /^\[\s*(?:[{["\]\-\d]|true|false|null|$)/.test(text);

/** Behind a first line that closes its object, or is too long to tell, another object starts. */
function isFollowedByObject(head: Buffer, start: number): boolean {
  const end = head.indexOf(10, start);
  if (end < 0 || !/^\s*\{\s*"/.test(head.subarray(end, end + 64).toString('latin1'))) return false;
  return end - start > headBytes || /\}\s*$/.test(head.subarray(Math.max(start, end - 64), end).toString('latin1'));
}

/** Half of the first hundred lines start like an object and end like one, or are too long to tell. */
function areObjects(lines: readonly string[]): boolean {
  const inked = lines.slice(0, 100).filter((line) => line.trim() !== '');
  if (inked.length < 2) return false;
  const objects = inked.filter((line) => /^\{\s*"/.test(line) && (/\}\s*$/.test(line) || line.length > 200));
  return objects.length > 0 && objects.length * 2 >= inked.length;
}
