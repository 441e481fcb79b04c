const token =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[\x20\x21\x23-\x5b\x5d-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/uy;

/**
 * Offset of the first character that cannot belong to JSON text; the length when the text ends too early, null when it
 * is whole. JSON.parse does not always say.
 */
export function jsonErrorAt(text: string): number | null {
  const open: ('{' | '[')[] = [];
  let expects: 'value' | 'key' | 'colon' | 'comma' | 'nothing' = 'value';
  let canClose = false;
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (!match) return failure(text, at, expects === 'nothing');
    const [whole, punctuation, string] = match;
    const start = token.lastIndex - (punctuation ?? string ?? match[3]!).length;
    if (punctuation === '}' || punctuation === ']') {
      if (open.at(-1) !== (punctuation === '}' ? '{' : '[') || !(expects === 'comma' || canClose)) return start;
      open.pop();
      expects = open.length === 0 ? 'nothing' : 'comma';
      canClose = false;
    } else if (punctuation === ',') {
      if (expects !== 'comma') return start;
      expects = open.at(-1) === '{' ? 'key' : 'value';
      canClose = false;
    } else if (punctuation === ':') {
      if (expects !== 'colon') return start;
      expects = 'value';
      canClose = false;
    } else if (expects === 'key') {
      if (!string) return start;
      expects = 'colon';
      canClose = false;
    } else if (expects !== 'value') return start;
    else if (punctuation === '{' || punctuation === '[') {
      open.push(punctuation);
      expects = punctuation === '{' ? 'key' : 'value';
      canClose = true;
    } else {
      expects = open.length === 0 ? 'nothing' : 'comma';
      canClose = false;
    }
    at += whole.length;
  }
}

/** No token starts here: the text ends, a string is not closed, or something foreign stands there. */
function failure(text: string, at: number, isWhole: boolean): number | null {
  const start = at + text.slice(at).search(/[^ \t\r\n]|$/);
  if (start >= text.length) return isWhole ? null : text.length;
  if (text[start] !== '"') return start;
  // an open string is the end of the text, a control character or a bad escape inside it is the fault
  const body = /(?:[\x20\x21\x23-\x5b\x5d-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy;
  body.lastIndex = start + 1;
  body.exec(text);
  const end = body.lastIndex;
  return /^\\?(?:u[0-9a-fA-F]{0,3})?$/.test(text.slice(end)) ? text.length : end;
}
