import { createRequire } from 'node:module';
import { Language as Grammar, Parser } from 'web-tree-sitter';
import { goDialect } from '../languages/go/syntax/dialect.ts';
import { goGrammar } from '../languages/go/syntax/grammar.ts';
import { javascriptDialect } from '../languages/javascript/syntax/dialect.ts';
import { javascriptGrammar } from '../languages/javascript/syntax/grammar.ts';
import { pythonDialect } from '../languages/python/syntax/dialect.ts';
import { pythonGrammar } from '../languages/python/syntax/grammar.ts';
import type { Language } from '../ports.ts';
import { outermostFunctions } from './functions.ts';
import { lineStarts } from './nodes.ts';
import { moduleTables } from './tables.ts';
import { neutralTree, type RawNode, readTree } from './tree.ts';
import type { SourceModule, Syntax } from './types.ts';

const LANGUAGES = {
  python: { wasm: 'tree-sitter-python/tree-sitter-python.wasm', grammar: pythonGrammar, dialect: pythonDialect },
  javascript: {
    wasm: 'tree-sitter-javascript/tree-sitter-javascript.wasm',
    grammar: javascriptGrammar,
    dialect: javascriptDialect,
  },
  go: { wasm: 'tree-sitter-go/tree-sitter-go.wasm', grammar: goGrammar, dialect: goDialect },
} as const;

/** Loads the parsers of all languages. Call it once and hand the result on. */
export async function loadSyntax(): Promise<Syntax> {
  await Parser.init();
  const [python, javascript, go] = [await parserOf('python'), await parserOf('javascript'), await parserOf('go')];
  const parsers = { python, javascript, go };
  return {
    parse: (language, path, text) => parseModule(parsers[language], language, path, text),
    parses: (language, text) => !withTree(parsers[language], text, (root) => root.hasError),
  };
}

async function parserOf(language: Language): Promise<Parser> {
  const wasm = createRequire(import.meta.url).resolve(LANGUAGES[language].wasm);
  return new Parser().setLanguage(await Grammar.load(wasm));
}

type Root = NonNullable<ReturnType<Parser['parse']>>['rootNode'];

/** The tree lives in the parser's memory: it is freed before this returns. */
function withTree<T>(parser: Parser, text: string, use: (root: Root) => T): T {
  const tree = parser.parse(text);
  if (!tree) throw new Error('parser has no language');
  try {
    return use(tree.rootNode);
  } finally {
    tree.delete();
  }
}

function parseModule(parser: Parser, language: Language, path: string, text: string): SourceModule {
  const { raw, has_error } = withTree(parser, text, (root) => ({ raw: copy(root), has_error: root.hasError }));
  const { grammar, dialect } = LANGUAGES[language];
  const line_starts = lineStarts(text);
  const root = neutralTree(raw, grammar(text));
  const functions = outermostFunctions(root, text, line_starts);
  const tables = moduleTables(root, text, functions);
  return { path, language, text, has_error, line_starts, root, functions, tables, dialect };
}

function copy(root: Root): RawNode {
  const cursor = root.walk();
  try {
    return readTree(cursor);
  } finally {
    cursor.delete();
  }
}
