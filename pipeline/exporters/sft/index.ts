import type { Warehouse } from '../../warehouse/store.ts';
import type { Bundle } from '../bundle.ts';
import type { CuratedTask } from '../curated.ts';
import { addParquet, type Rows } from '../rows.ts';
import { splitOf } from '../swebench-row.ts';
import { atif } from './atif.ts';
import { answerOf, messageType, promptOf, toolsOf } from './messages.ts';
import { type Session, sessionsOf } from './sessions.ts';
import { simpleTrace } from './simple-trace.ts';

export const sftProfiles = ['trl', 'atif', 'sts'] as const;

/** The round's attempts at the exported tasks in one of three forms. Returns how many of what was written. */
export async function exportSft(
  bundle: Bundle,
  store: Warehouse,
  tasks: readonly CuratedTask[],
  { round, profile }: { round: number; profile: (typeof sftProfiles)[number] },
): Promise<Record<string, number>> {
  const sessions = await sessionsOf(store, round, tasks);
  if (profile === 'trl') return addMessages(bundle, store, sessions, splitOf(round));
  for (const session of sessions) {
    const id = session.trace.trace_id;
    if (profile === 'atif') await bundle.add({ path: `trajectories/${id}.json`, content: atif(session) });
    else await bundle.add({ path: `sessions/${id}.jsonl`, content: simpleTrace(session) });
  }
  return { traces: sessions.length };
}

async function addMessages(
  bundle: Bundle,
  store: Warehouse,
  sessions: readonly Session[],
  split: string,
): Promise<Record<string, number>> {
  const tools = JSON.stringify(toolsOf(sessions));
  const demonstrations = demonstrationsOf(sessions, tools);
  const preferences = preferencesOf(sessions, tools);
  await addParquet(bundle, store.database, `sft/${split}.parquet`, demonstrations, 200);
  await addParquet(bundle, store.database, `preferences/${split}.parquet`, preferences, 200);
  return { demonstrations: demonstrations.rows.length, preferences: preferences.rows.length };
}

/** Attempts that repaired their task. */
const demonstrationsOf = (sessions: readonly Session[], tools: string): Rows => ({
  columns: { messages: { list: messageType }, tools: 'string', task_id: 'string', trace_id: 'string' },
  rows: sessions.filter(isResolved).map((session) => ({
    messages: [...promptOf(session), ...answerOf(session)],
    tools,
    task_id: session.trace.task_id,
    trace_id: session.trace.trace_id,
  })),
});

/** Each repair beside a failed attempt at the same task; the i-th with the i-th, as far as the failures reach. */
function preferencesOf(sessions: readonly Session[], tools: string): Rows {
  const groups = [...Map.groupBy(sessions, ({ trace }) => trace.task_id).values()];
  const pairs = groups.flatMap((group) => {
    const failed = group.filter(({ trace }) => trace.outcome === 'unresolved' || trace.outcome === 'partial');
    const solved = group.filter(isResolved);
    return solved.slice(0, failed.length).map((chosen, index) => ({ chosen, rejected: failed[index]! }));
  });
  const list = { list: messageType };
  return {
    columns: {
      ...{ prompt: list, chosen: list, rejected: list, tools: 'string' },
      ...{ task_id: 'string', chosen_trace_id: 'string', rejected_trace_id: 'string' },
    },
    rows: pairs.map(({ chosen, rejected }) => ({
      prompt: promptOf(chosen),
      chosen: answerOf(chosen),
      rejected: answerOf(rejected),
      tools,
      task_id: chosen.trace.task_id,
      chosen_trace_id: chosen.trace.trace_id,
      rejected_trace_id: rejected.trace.trace_id,
    })),
  };
}

const isResolved = ({ trace }: Session): boolean => trace.outcome === 'resolved';
