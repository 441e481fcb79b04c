/**
 * A Python literal as `repr` prints it: dict, list, tuple, set, strings, numbers, True, False, None.
 * Throws a SyntaxError with the position on anything else.
 */
export function parsePythonLiteral(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value();
  reader.end();
  return value;
}

const escapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

class Reader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) this.fail('the end');
  }

  value(): unknown {
    this.space();
    const char = this.text[this.at];
    if (char === '{') return this.braces();
    if (char === '[') return this.items(']');
    if (char === '(') return this.items(')');
    if (char === "'" || char === '"') return this.string();
    return this.word();
  }

  private braces(): unknown {
    this.at++;
    const entries: [string, unknown][] = [];
    const set: unknown[] = [];
    for (;;) {
      this.space();
      if (this.take('}')) return set.length > 0 ? set : Object.fromEntries(entries);
      const key = this.value();
      this.space();
      if (this.take(':')) entries.push([String(key), this.value()]);
      else set.push(key);
      this.space();
      if (!this.take(',') && this.text[this.at] !== '}') this.fail('a comma or }');
    }
  }

  private items(close: string): unknown[] {
    this.at++;
    const list: unknown[] = [];
    for (;;) {
      this.space();
      if (this.take(close)) return list;
      list.push(this.value());
      this.space();
      if (!this.take(',') && this.text[this.at] !== close) this.fail(`a comma or ${close}`);
    }
  }

  private string(): string {
    const quote = this.text[this.at++]!;
    let value = '';
    for (;;) {
      const char = this.text[this.at++];
      if (char === undefined) this.fail('a closing quote');
      if (char === quote) return value;
      value += char === '\\' ? this.escape() : char;
    }
  }

  private escape(): string {
    const char = this.text[this.at++] ?? '';
    const width = { x: 2, u: 4, U: 8 }[char];
    if (width === undefined) return escapes[char] ?? `\\${char}`;
    const code = Number.parseInt(this.text.slice(this.at, this.at + width), 16);
    this.at += width;
    return String.fromCodePoint(code);
  }

  private word(): unknown {
    const word = this.text.slice(this.at).match(/^[\w.+-]+/)?.[0] ?? '';
    this.at += word.length;
    if (word === 'True') return true;
    if (word === 'False') return false;
    if (word === 'None') return null;
    if (word === 'nan' || word === 'inf' || word === '-inf') return null;
    if (word !== '' && Number.isFinite(Number(word))) return Number(word);
    return this.fail('a value');
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private fail(expected: string): never {
    throw new SyntaxError(`expected ${expected} at position ${this.at}`);
  }
}
