import { asText, type CallDraft, isObject, type Json, unwrapJson } from './draft.ts';

const shellTools =
  /^(bash|shell|sh|exec|execute_bash|run_shell_command|terminal|run_command|run|cmd|shell_command|local_shell|container\.exec|exec_command|run_terminal_cmd|run_terminal_command)$/i;
const commandKeys = ['command', 'cmd', 'script', 'keystrokes', 'code'] as const;

/** Shell text of a call, where it has one. `edit`-like tools also take a `command`, which is a verb: not that. */
export function commandOf(name: string, args: unknown): string | null {
  if (typeof args === 'string') return shellTools.test(name) ? args : null;
  if (!isObject(args)) return null;
  for (const key of commandKeys) {
    const value = args[key];
    if (Array.isArray(value) && key !== 'code') return shellWords(value);
    if (typeof value !== 'string') continue;
    if (shellTools.test(name) || (/bash|shell|terminal|exec/i.test(name) && key !== 'code')) return value;
  }
  return null;
}

/** `["bash", "-lc", "ls"]` says `ls`. */
function shellWords(words: Json[]): string {
  const texts = words.map(String);
  return /^(?:.*\/)?(?:ba|z)?sh$/.test(texts[0] ?? '') && /^-\w*c$/.test(texts[1] ?? '')
    ? texts.slice(2).join(' ')
    : texts.join(' ');
}

/** A call with parsed arguments and its shell text. */
export function callOf(name: string, args: unknown, id: string | null = null): CallDraft {
  const parsed = unwrapJson(args);
  return {
    tool_call_id: id,
    function_name: name || 'unknown',
    arguments: parsed ?? {},
    command: commandOf(name, parsed),
  };
}

/** `<function=name><parameter=key>value</parameter></function>`, as CodeAct and SWE-smith's xml write it. */
export function xmlCalls(text: string): CallDraft[] {
  return [...text.matchAll(/<function=([\w.-]+)>([\s\S]*?)(?:<\/function>|$)/g)].map(([, name, body]) => {
    const args: Record<string, string> = {};
    for (const [, key, value] of body!.matchAll(/<parameter=([\w.-]+)>([\s\S]*?)<\/parameter>/g))
      args[key!] = value!.replace(/^\n|\n$/g, '');
    return callOf(name!, args);
  });
}

/** Bodies of fenced code blocks whose language is among `languages` (the empty string for none). */
export function codeBlocks(text: string, languages: readonly string[]): string[] {
  return [...text.matchAll(/```([\w-]*)[ \t]*\r?\n([\s\S]*?)\r?\n?```/g)]
    .filter((m) => languages.includes(m[1]!.toLowerCase()))
    .map((m) => m[2]!.trim());
}

/** One shell command as a call of `bash`. */
export const bashCall = (command: string, id: string | null = null): CallDraft => ({
  tool_call_id: id,
  function_name: 'bash',
  arguments: { command },
  command,
});

/** Exit code that the text of a result states, in the forms agents are shown. */
export function exitCodeIn(result: string): number | null {
  const match =
    result.match(/^<returncode>(-?\d+)<\/returncode>/) ??
    result.slice(-400).match(/\[(?:The )?[Cc]ommand (?:completed|finished) with exit code (-?\d+)/) ??
    result.slice(0, 200).match(/^(?:Exit code|Process exited with code|exit_code)[:=]? ?(-?\d+)/m);
  return match ? Number(match[1]) : null;
}

/** `{"output": "...", "metadata": {"exit_code": 0}}` as Codex wraps results; else the text itself. */
export function unwrapResult(text: string): Pick<CallDraft, 'result' | 'exit_code' | 'duration_ms'> {
  const value = text.startsWith('{') ? unwrapJson(text) : null;
  if (!isObject(value) || typeof value.output !== 'string' || !isObject(value.metadata))
    return { result: text, exit_code: exitCodeIn(text) };
  const { exit_code, duration_seconds } = value.metadata;
  return {
    result: asText(value.output),
    exit_code: Number.isInteger(exit_code) ? (exit_code as number) : null,
    duration_ms: typeof duration_seconds === 'number' ? duration_seconds * 1000 : null,
  };
}
