import { quote } from '../pipeline/warehouse/database.ts';
import { showCommand } from './show.ts';

export default showCommand({
  what: 'trace',
  summary: 'traces: ls, show',
  table: 'traces',
  key: 'trace_id',
  list: `select traces.round, trace_id, task_id, repositories.name as repository, attempt, outcome, failure_mode, step_count, reward
         from traces left join repositories on traces.repository_id = repositories.repository_id
         order by traces.round, trace_id`,
  async page(database, id) {
    const where = `where trace_id = ${quote(id)}`;
    const [trace] = await database.rows(`select * from traces ${where}`);
    const steps = await database.rows(`select step_id, message, probability from steps ${where} order by step_id`);
    const calls = await database.rows(
      `select step_id, function_name, arguments, result_content from tool_calls ${where} order by step_id, call_index`,
    );
    const lines = steps.flatMap((step) => [
      `${String(step.step_id).padStart(3)}  ${step.message}${step.probability === null ? '' : `   p=${Number(step.probability).toFixed(3)}`}`,
      ...calls
        .filter((c) => c.step_id === step.step_id)
        .map((c) => `       ${c.function_name} ${short(c.arguments, 100)} -> ${short(c.result_content, 120)}`),
    ]);
    return [
      `${trace!.trace_id}   ${trace!.outcome}, reward ${Number(trace!.reward).toFixed(2)}, ${trace!.failure_mode ?? ''}`,
      `task ${trace!.task_id}, policy ${trace!.policy_id}, attempt ${trace!.attempt}`,
      '',
      ...lines,
    ].join('\n');
  },
});

/** Text of unknown origin on one line: no control characters reach the terminal. */
const short = (text: unknown, most: number): string => {
  const line = String(text ?? '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
};
