'use strict';
/** What a failed test wrote, as a message and frames that are the same run to run. */

const message_length = 400;
const frame_count = 12;

/** Paths become relative, addresses and goroutine numbers vanish. */
const masked = (text, root) =>
  text
    .replaceAll(`${root}/`, '')
    .replace(/0x[0-9a-f]+/gi, '0x?')
    .replace(/\bgoroutine \d+/g, 'goroutine ?')
    .replace(/\/tmp\/[^\s'"]+/g, '/tmp/?')
    .slice(0, message_length)
    .toWellFormed();

const panicLine = /^(?:panic|fatal error): (.*?)(?: \[recovered[^\]]*\])*$/m;

/** `text`: what was written between the start of the test and the next. */
function complaintOf(text, { root, source_paths }) {
  const panic = panicLine.exec(text);
  if (panic) return { ...namedPanic(panic[1], root), frames: framesIn(text.slice(panic.index), root, source_paths) };
  return { message: masked(firstEntry(text) ?? 'failed without a message', root), exception: null, frames: [] };
}

/** `runtime error: index out of range` is an error of that type; any other value is a panic. */
function namedPanic(said, root) {
  const [, kind, rest] = /^(runtime error|all goroutines are asleep): ?(.*)$/.exec(said) ?? [null, 'panic', said];
  return { message: masked(`${kind}: ${rest}`, root), exception: kind };
}

/** Of the goroutine that panicked: outermost first, the innermost are kept when there are too many. */
function framesIn(text, root, source_paths) {
  const [first = ''] = text.slice(text.indexOf('\ngoroutine ') + 1).split('\n\n');
  const places = [...first.matchAll(/^\t(\S+?):(\d+)(?: \+0x|$)/gm)];
  return places
    .map(([, path, line]) => ({ path: path.replace(`${root}/`, ''), line: Number(line) }))
    .filter(({ path }) => source_paths.includes(path))
    .slice(0, frame_count)
    .reverse();
}

/** `    file_test.go:12: what is wrong`, with the deeper lines that belong to it. */
function firstEntry(text) {
  const lines = text.split('\n').filter((line) => !line.startsWith('\u0016'));
  const at = lines.findIndex((line) => /^\s+\S+\.go:\d+: /.test(line));
  if (at < 0) return null;
  const depth = lines[at].search(/\S/);
  const more = lines.slice(at + 1);
  const end = more.findIndex((line) => line.trim() !== '' && line.search(/\S/) <= depth);
  const entry = [lines[at].replace(/^\s+\S+\.go:\d+: /, ''), ...(end < 0 ? more : more.slice(0, end))];
  return entry
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ');
}

module.exports = { complaintOf, masked };
