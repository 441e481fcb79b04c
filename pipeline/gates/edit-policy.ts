import type { Language } from '../ports.ts';

/**
 * What no patch may do, whoever made it. Code under test shares a process with the tests, so a patch could forge their
 * results: it must keep its hands off the files that decide what runs, and off whatever runs the tests.
 */

/** Files that decide what runs or what is loaded, by name. */
const deciding =
  /^(conftest\.py|sitecustomize\.py|usercustomize\.py|setup\.(py|cfg)|pytest\.ini|pyproject\.toml|tox\.ini|noxfile\.py|package(-lock)?\.json|\.npmrc|\.?(mocha|jest|vitest|taprc|babel|swc)[\w.-]*|.*\.pth|Makefile|go\.(mod|sum|work)|.*\.(yml|yaml|toml|ini|cfg|lock|so|node|wasm))$/i;
const testPath =
  /(^|\/)(tests?|__tests__|spec|specs|testing)\/|(^|\/)(test_[^/]*|[^/]*_test)\.py$|_test\.go$|\.(test|spec)\.[cm]?[jt]s$/i;
const hiddenPath = /(^|\/)(\.[^/]+|node_modules)(\/|$)/;

/** Why an edit of this path is refused, or null. */
export function forbiddenPath(path: string): string | null {
  if (testPath.test(path)) return `${path} is a test`;
  if (hiddenPath.test(path)) return `${path} is hidden or a dependency`;
  return deciding.test(path.slice(path.lastIndexOf('/') + 1)) ? `${path} is configuration or an import hook` : null;
}

const python = [
  /\b_?pytest\b/,
  /\bunittest\b/,
  /\bsocratic_\w+/,
  /\bpluggy\b/,
  /\b(import|from)\s+(inspect|gc|ctypes|atexit|importlib|signal|faulthandler|linecache|builtins|traceback|site)\b/,
  /\bsys\s*\.\s*(modules|settrace|setprofile|meta_path|path_hooks|_getframe|exit|addaudithook|monitoring|argv)\b/,
  /\bos\s*\.\s*(_exit|kill|killpg|abort|fork|execv?[lpe]*|write|dup2?|pipe)\b/,
  /\/proc\/|\/dev\/fd\b|SOCRATIC_|PYTEST_/,
  /\b(__import__|__builtins__|__subclasses__|__code__|__globals__|f_back|f_locals|f_globals|tb_frame)\b/,
  /\bdef\s+__(eq|ne|bool|hash|instancecheck|subclasscheck|getattribute)__\b/,
  /\b(exec|eval|compile)\s*\(/,
];

const javascript = [
  /\brequire\s*\(\s*['"`](node:)?(test|test\/reporters|assert|assert\/strict|module|vm|inspector|worker_threads|child_process|cluster|repl|async_hooks|process|v8|tape|mocha|chai|jest|vitest|tap)['"`/]/,
  /\bimport\b[^;\n]*['"`](node:)?(test|assert|module|vm|inspector|worker_threads|child_process|tape|mocha|chai|jest|vitest|tap)['"`/]/,
  /\bprocess\s*\.\s*(exit|reallyExit|kill|abort|binding|_linkedBinding|on|once|addListener|emit|removeAllListeners|getBuiltinModule|dlopen|mainModule)\b/,
  /\b(require\s*\.\s*(cache|main|extensions)|module\s*\.\s*(parent|children|constructor)|Module\s*\.\s*_\w+)\b/,
  /\b(writeSync|openSync)\s*\(|\/proc\/|\/dev\/fd\b|\/(runner|job\.json)\b/,
  /(?<![.\w$])(describe|it|test|suite|beforeEach|afterEach|before|after)\s*(\.\s*(skip|only|todo)\s*)?\(\s*['"`]/,
  /\b(eval|Function)\s*\(|\bnew\s+Function\b/,
  /\bglobalThis\b|\bglobal\s*\.|\bprepareStackTrace\b|\bstackTraceLimit\b/,
  /\bSymbol\s*\.\s*(toPrimitive|hasInstance)\b|\bvalueOf\s*\(\s*\)\s*\{/,
];

const go = [
  /"(testing(\/\w+)?|unsafe|syscall|plugin|os\/(exec|signal)|debug\/\w+|runtime\/\w+|golang\.org\/x\/sys\/\w+|C)"/,
  /\bos\s*\.\s*(Exit|NewFile|Stdout|Stderr|Args|Getppid|FindProcess|Environ)\b/,
  /\bruntime\s*\.\s*(Goexit|Callers?|CallersFrames|FuncForPC|Stack|SetFinalizer)\b/,
  /\/\/(go:(linkname|embed|build|cgo_\w+)|export\b|\s*\+build\b)/,
  /\/proc\/|\/dev\/fd\b|SOCRATIC_/,
];

const reaches: Readonly<Record<Language, readonly RegExp[]>> = { python, javascript, go };

/**
 * The text with which an edit reaches for whatever runs the tests, or null. Only what the file does not hold already
 * counts: a library may do such things itself, and moving its own words about is no reach.
 */
export function reachIn(before: string, after: string, language: Language): string | null {
  for (const pattern of reaches[language]) {
    const found = after.matchAll(new RegExp(pattern.source, `${pattern.flags}g`));
    for (const [text] of found) if (!before.includes(text)) return text;
  }
  return null;
}
