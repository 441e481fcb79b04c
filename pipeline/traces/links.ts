import type { Trace } from '../../schemas/traces.ts';
import { folderOf } from './reading/entries.ts';

/** What is needed of every trace to find who started whom. */
export interface LinkEnd {
  trace_id: string;
  folder: string;
  format: string;
  link_id: string | null;
  session_id: string | null;
  /** Link ids of agents that this one started, or that it is continued by. */
  refers_to: string[];
  is_sidechain: boolean;
}

export function linkEnd(trace: Trace, link_id: string | null): LinkEnd {
  const extra = JSON.parse(trace.extra) as { subagents?: string[]; continued_trajectory_ref?: string };
  return {
    trace_id: trace.trace_id,
    folder: folderOf(trace.source_uri),
    format: trace.source_format,
    link_id,
    session_id: trace.session_id,
    refers_to: extra.subagents ?? [],
    is_sidechain: trace.quality_flags.includes('"sidechain"'),
  };
}

/** Parent by trace id: AutoCodeRover's patch writers, Claude Code's side conversations, subagents that ATIF refers to. */
export function parentsOf(ends: readonly LinkEnd[]): Map<string, string> {
  const parents = new Map<string, string>();
  const conversations = new Map(
    ends
      .filter((end) => end.format === 'auto-code-rover' && end.link_id === 'conversation')
      .map((end) => [end.folder, end.trace_id]),
  );
  const sessions = new Map(
    ends
      .filter((end) => end.format === 'claude-code' && !end.is_sidechain && end.session_id)
      .map((end) => [end.session_id!, end.trace_id]),
  );
  const referred = new Map(ends.flatMap((end) => end.refers_to.map((reference) => [reference, end] as const)));
  for (const end of ends) {
    const parent =
      end.format === 'auto-code-rover' && end.link_id !== 'conversation'
        ? conversations.get(end.folder)
        : end.is_sidechain
          ? sessions.get(end.session_id ?? '')
          : end.link_id
            ? referred.get(end.link_id)?.trace_id
            : undefined;
    if (parent && parent !== end.trace_id) parents.set(end.trace_id, parent);
  }
  return parents;
}
