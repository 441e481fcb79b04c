import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { type Database, quote } from '../pipeline/warehouse/database.ts';
import { drawTable } from './draw-table.ts';

export interface ShellOptions {
  /** File that keeps what was asked, one query a line. */
  history: string;
  listing: () => Promise<object[]>;
  input?: NodeJS.ReadableStream;
  output?: NodeJS.WritableStream;
}

const mostRows = 200;
const mostHistory = 500;
const help = `A query ends in a semicolon and may take several lines. A table or mart may be asked by its name alone.
  .tables        what there is
  .columns NAME  columns of a table or mart
  .help          this
  .quit          or control-D`;

/** Asks and answers until the input ends. Lines are kept over sessions; the tabulator completes tables, columns and words. */
export async function openShell(database: Database, options: ShellOptions): Promise<void> {
  const { history, input = process.stdin, output = process.stdout } = options;
  const shell = createInterface({
    input,
    output,
    prompt: 'sql> ',
    history: await readHistory(history),
    historySize: mostHistory,
    completer: (line: string, done: (error: Error | null, found: [string[], string]) => void) => {
      complete(database, line).then(
        (found) => done(null, found),
        () => done(null, [[], line]),
      );
    },
  });
  output.write('read-only; .help for help, .tables for what there is\n');
  shell.prompt();
  let isOpen = true;
  shell.once('close', () => {
    isOpen = false;
  });
  let held = '';
  for await (const line of shell) {
    held = held === '' ? line : `${held}\n${line}`;
    const text = held.trim();
    if (text === '.quit' || text === '.exit') break;
    if (text !== '' && isFinished(text)) {
      output.write(`${await answer(database, text, options)}\n`);
      await remember(history, text);
      held = '';
    } else if (text === '') held = '';
    // the last lines of a pipe are still handed out after it has closed
    if (isOpen) prompt(shell, held !== '');
  }
  shell.close();
}

/** Words that begin a query are no names. */
const beginnings = /^(?:select|from|with|values|table|describe|summarize|show|explain|pivot|unpivot)$/i;

const isFinished = (text: string): boolean =>
  text.startsWith('.') || text.endsWith(';') || (/^\w+$/.test(text) && !beginnings.test(text));

function prompt(shell: Interface, isInside: boolean): void {
  shell.setPrompt(isInside ? '...> ' : 'sql> ');
  shell.prompt();
}

async function answer(database: Database, text: string, { listing }: ShellOptions): Promise<string> {
  try {
    if (text === '.help') return help;
    if (text === '.tables') return drawTable(await listing());
    const columns = text.match(/^\.columns\s+(\w+)$/)?.[1];
    if (columns) return drawTable(await database.columns(`select * from ${columns}`));
    if (text.startsWith('.')) return `unknown command ${text}\n${help}`;
    const query = text.replace(/;\s*$/, '');
    const rows = await database.ask(/^\w+$/.test(query) ? `select * from ${query}` : query);
    const rest = rows.length > mostRows ? `\n… and ${rows.length - mostRows} more rows; add a limit` : '';
    return `${drawTable(rows.slice(0, mostRows))}${rest}\n${rows.length} rows`;
  } catch (error) {
    return `error: ${(error as Error).message.trim()}`;
  }
}

/** Completions of the last word of a line, as readline wants them: candidates, and the part they replace. */
export async function complete(database: Database, line: string): Promise<[string[], string]> {
  const rows = await database.rows(
    `select suggestion, suggestion_start::integer as start from sql_auto_complete(${quote(line)}) limit 40`,
  );
  const start = rows.length > 0 ? Number(rows[0]!.start) : line.length;
  const tail = line.slice(start);
  const words = rows.filter((row) => Number(row.start) === start).map((row) => String(row.suggestion).trimEnd());
  return [words.filter((word) => word.toLowerCase().startsWith(tail.toLowerCase())), tail];
}

/** Newest first, as readline keeps it. */
async function readHistory(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).slice(-mostHistory).reverse();
}

async function remember(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, `${text.replace(/\s*\n\s*/g, ' ')}\n`);
}
