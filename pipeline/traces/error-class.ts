/** How much of each end of a long result is looked at. */
const endChars = 3_000;

interface Result {
  text: string;
  exit_code: number | null;
  is_error: boolean | null;
  /** What the call was for: reading a file that mentions errors is no error. */
  action: string;
}

const refusals: readonly [RegExp, string][] = [
  [/Your proposed edit has introduced new syntax error|introduced new syntax error\(s\)/, 'edit_refused'],
  [
    /No replacement was performed|did not appear verbatim|Multiple occurrences of old_str|old_str .{0,40}not found|String to replace not found|No match found for|oldString not found|Found \d+ matches of the string/i,
    'edit_mismatch',
  ],
  [
    /Please always provide EXACTLY ONE action|No tool calls found|Your output was not formatted correctly|Invalid tool call|Missing required parameters?|InputValidationError|expected (?:exactly )?one (?:action|tool call)/i,
    'format_error',
  ],
  [
    /^File .{1,300} not found\.?\s*$|^No file open|Error: [Ff]ile (?:does not exist|not found)|File does not exist|path .{1,300} does not exist/m,
    'file_not_found',
  ],
  [
    /EXECUTION TIMED OUT|COMMAND TIMED OUT|timed out after|has no new output after|Command timed out|The last command .{0,200} timed out/i,
    'timeout',
  ],
];

const running: readonly [RegExp, string][] = [
  [/: command not found\s*$|^(?:\/\S+\/)?(?:ba|da|z)?sh: .*not found\s*$/m, 'command_not_found'],
  [/^.{0,200}(?:No such file or directory|cannot access)/m, 'file_not_found'],
  [/Permission denied|Operation not permitted/, 'permission_denied'],
  [
    /\[ERROR\] COMPILATION ERROR|BUILD FAILURE|error: cannot find symbol|error\[E\d{4}\]|error TS\d+:|^\S+\.(?:c|cc|cpp|h|java|go|rs):\d+(?::\d+)?: (?:fatal )?error/m,
    'compile_error',
  ],
  [/Killed\s*$|out of memory|MemoryError|Cannot allocate memory/i, 'out_of_memory'],
  [/patch does not apply|error: patch failed|Hunk #\d+ FAILED/, 'patch_failed'],
];

const testFailure =
  /^(?:=+ .*\b\d+ (?:failed|error)|FAILED (?:\(|\S+::)|\s*\d+ failing\b|--- FAIL: |not ok \d+|test result: FAILED|Tests run: \d+, Failures: (?:[1-9]|\d+, Errors: [1-9]))/m;
const pythonException =
  /^((?:[A-Za-z_][\w]*\.)*[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Exit|Failure|DoesNotExist|Iteration|Iteration))(?::|\s*$)/gm;
const javaException = /^(?:Exception in thread "[^"]*" |Caused by: )((?:[\w$]+\.)+[A-Z]\w*(?:Exception|Error))/m;
const nodeException = /^(?:Uncaught )?([A-Z]\w*Error)(?: \[\w+\])?:/m;

/**
 * Class of the error a result shows, or null. Exceptions go by their bare type. Searches and reads count only when the
 * tool itself failed, because source code is full of the word.
 */
export function errorClass({ text, exit_code, is_error, action }: Result): string | null {
  const shown = text.length <= 2 * endChars ? text : `${text.slice(0, endChars)}\n${text.slice(-endChars)}`;
  const refusal =
    shown.length < 20_000 || action !== 'open' ? refusals.find(([pattern]) => pattern.test(shown))?.[1] : undefined;
  if (refusal && !((action === 'open' || action === 'search') && refusal === 'format_error')) return refusal;
  const isReading = action === 'open' || action === 'search';
  if (isReading && exit_code !== null && exit_code !== 0 && exit_code !== 1)
    return running.find(([pattern]) => pattern.test(shown))?.[1] ?? 'nonzero_exit';
  if (isReading)
    return /^(?:\S+: )?(?:.{0,80}: )?No such file or directory/.test(shown)
      ? 'file_not_found'
      : is_error
        ? 'tool_error'
        : null;
  if (testFailure.test(shown)) return 'test_failure';
  const raised = exceptionIn(shown);
  if (raised) return raised;
  const known = running.find(([pattern]) => pattern.test(shown))?.[1];
  if (known) return known;
  if (exit_code !== null && exit_code !== 0) return exit_code === 124 || exit_code === 137 ? 'timeout' : 'nonzero_exit';
  return is_error ? 'tool_error' : null;
}

/** Bare type of the last exception a traceback ends in. */
function exceptionIn(text: string): string | null {
  if (text.includes('Traceback (most recent call last)') || /^\s+File ".*", line \d+/m.test(text)) {
    let last: string | null = null;
    for (const match of text.matchAll(pythonException)) last = match[1]!;
    if (last) return last.split('.').at(-1)!;
  }
  return (
    javaException.exec(text)?.[1]?.split('.').at(-1) ??
    (text.includes('    at ') ? (nodeException.exec(text)?.[1] ?? null) : null)
  );
}
