import type { TraceDraft } from '../draft.ts';
import type { Source } from './format.ts';

/** A terminal capture of Terminal-Bench: of the agent, or of the tests that judged it. */
export function terminalCapture(text: string): 'agent' | 'tests' | null {
  const match = text.slice(0, 4_000).match(/asciinema rec [^\n]*\/(agent|tests)\.cast/);
  return match ? (match[1] as 'agent' | 'tests') : null;
}

/** The capture is kept whole, as one step: control sequences do not tell turns apart. */
export function readTerminalCapture(text: string, source: Source): TraceDraft {
  const folder =
    source.folder
      .replace(/\/(?:sessions|panes)$/, '')
      .split('/')
      .at(-1) ?? null;
  return {
    format: 'terminal-bench',
    fields: {
      agent_name: null,
      trajectory_id: folder,
      run_id: folder?.split('.').slice(2).join('.') || null,
      task_id: folder?.split('.')[0] ?? null,
    },
    steps: [{ source: 'agent', role_raw: 'terminal', message: text }],
    flags: ['terminal_capture'],
  };
}
