import { type Step, Steps, type ToolCall, ToolCalls, type Trace, Traces } from '../../../schemas/traces.ts';
import type { Warehouse } from '../../warehouse/store.ts';
import type { CuratedTask } from '../curated.ts';

/** One attempt, its steps in order, each with its calls. Steps that repeat an earlier trace are left out. */
export interface Session {
  trace: Trace;
  steps: { step: Step; calls: ToolCall[] }[];
}

/** The round's attempts at the exported tasks, by task and trace id. */
export async function sessionsOf(store: Warehouse, round: number, tasks: readonly CuratedTask[]): Promise<Session[]> {
  const wanted = new Set(tasks.map(({ task }) => task.task_id));
  const traces = (await store.read(Traces, round)).filter(({ task_id }) => task_id !== null && wanted.has(task_id));
  const steps = Map.groupBy(await store.read(Steps, round), (step) => step.trace_id);
  const calls = Map.groupBy(await store.read(ToolCalls, round), (call) => `${call.trace_id}#${call.step_id}`);
  return traces
    .sort((a, b) => (`${a.task_id} ${a.trace_id}` < `${b.task_id} ${b.trace_id}` ? -1 : 1))
    .map((trace) => ({
      trace,
      steps: (steps.get(trace.trace_id) ?? [])
        .filter((step) => !step.is_copied_context && !step.is_sidechain)
        .sort((a, b) => a.step_id - b.step_id)
        .map((step) => ({ step, calls: (calls.get(`${trace.trace_id}#${step.step_id}`) ?? []).sort(byIndex) })),
    }))
    .filter((session) => session.steps.length > 0);
}

const byIndex = (a: ToolCall, b: ToolCall): number => a.call_index - b.call_index;

/** The source's id of a call, or one that is unique in its trace. */
export const callId = ({ tool_call_id, step_id, call_index }: ToolCall): string =>
  tool_call_id ?? `call_${step_id}_${call_index}`;
