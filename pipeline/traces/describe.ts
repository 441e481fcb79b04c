import { sha256 } from '../hash.ts';
import { type Action, actionOf, suspicionOf, targetPath } from './actions.ts';
import { errorClass } from './error-class.ts';

/** What the derived columns of a call are made from. */
export interface DescribableCall {
  function_name: string;
  arguments: unknown;
  command: string | null;
  result_content: string | null;
  exit_code: number | null;
  is_error: boolean | null;
  open_file: string | null;
}

export interface Description {
  action: Action;
  action_trigram: string | null;
  target_path: string | null;
  repeat_index: number;
  error_class: string | null;
  suspicion: string | null;
}

/**
 * Derived columns of a trace's calls, in order: worked out once on the way in, so that questions over millions of
 * calls need no regular expression and no window.
 */
export function describeCalls(calls: readonly DescribableCall[]): Description[] {
  const edits = new Map<string, number>();
  const others = new Map<string, number>();
  const actions: Action[] = [];
  return calls.map((call) => {
    const action = actionOf(call);
    actions.push(action);
    const changes = action === 'edit' || action === 'create';
    const seen = changes ? edits : others;
    if (changes) others.clear();
    const key = keyOf(call);
    const repeat_index = (seen.get(key) ?? 0) + 1;
    seen.set(key, repeat_index);
    const target_path = targetPath(call, action, call.open_file);
    return {
      action,
      action_trigram: actions.length < 3 ? null : actions.slice(-3).join(' '),
      target_path,
      repeat_index,
      error_class:
        call.result_content === null
          ? call.is_error
            ? 'tool_error'
            : null
          : errorClass({ text: call.result_content, exit_code: call.exit_code, is_error: call.is_error, action }),
      suspicion: suspicionOf(call, action, target_path),
    };
  });
}

/** Same tool, same arguments. Long arguments are kept as a digest. */
function keyOf({ function_name, arguments: args, command }: DescribableCall): string {
  const text = `${function_name}\n${command ?? (typeof args === 'string' ? args : JSON.stringify(args))}`;
  return text.length > 500 ? sha256(text) : text;
}
