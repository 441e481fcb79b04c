import { quote } from '../pipeline/warehouse/database.ts';
import { drawTable } from './draw-table.ts';
import { showCommand } from './show.ts';

export default showCommand({
  what: 'task',
  summary: 'tasks: ls, show',
  table: 'tasks',
  key: 'task_id',
  list: `select tasks.round, task_id, repositories.name as repository, operator, len(fail_to_pass) as failing, gate, cosine, pass_rate,
           selections.rank is not null as is_selected
         from tasks
         inner join answer_keys using (round, task_id)
         inner join repositories on tasks.repository_id = repositories.repository_id
         left join scores using (round, task_id)
         left join selections using (round, task_id)
         order by tasks.round, task_id`,
  async page(database, id) {
    const where = `where task_id = ${quote(id)}`;
    const [task] = await database.rows(
      `select tasks.*, repositories.name as repository from tasks inner join repositories using (repository_id) ${where}`,
    );
    const [key] = await database.rows(
      `select operator, operator_detail, symbol, len(fail_to_pass) as failing, len(pass_to_pass) as passing, bug_patch from answer_keys ${where}`,
    );
    const verdicts = await database.rows(
      `select gate, passed, reason_code, detail, run_count from verdicts ${where} order by gate_index`,
    );
    const scores = await database.rows(
      `select cosine, cosine_sketch, dot, pass_rate, reward, zero_reason from scores ${where}`,
    );
    return [
      `${task!.task_id}   ${task!.repository}, round ${task!.round}, ${task!.skill_id ? `drills ${task!.skill_id}` : 'untargeted'}`,
      '',
      String(task!.problem_statement),
      '',
      `run   ${task!.test_command}`,
      '',
      drawTable(verdicts),
      '',
      scores.length > 0 ? drawTable(scores) : 'not scored',
      '',
      `answer key (no Solver sees this): ${key!.operator} ${key!.operator_detail} in ${key!.symbol}; ${key!.failing} tests fail, ${key!.passing} must keep passing`,
      String(key!.bug_patch),
    ].join('\n');
  },
});
