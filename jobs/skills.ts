import { quote } from '../pipeline/warehouse/database.ts';
import { showCommand } from './show.ts';

export default showCommand({
  what: 'skill',
  summary: 'skill cards: ls, show',
  table: 'skills',
  key: 'skill_id',
  list: 'select round, skill_id, kind, lineage, name, support, round(lift, 2) as lift, round(z, 1) as z from skills order by round, kind, z desc, skill_id',
  async page(database, id) {
    const [card] = await database.rows(
      `select * from skills where skill_id = ${quote(id)} order by round desc limit 1`,
    );
    const history = await database.rows(
      `select round, lineage, support, attempt_count from skills where skill_id = ${quote(id)} order by round`,
    );
    const steps = card!.evidence_steps as string[];
    return [
      `${card!.name}   (${card!.kind}, ${card!.skill_id})`,
      '',
      String(card!.description),
      `applies when   ${card!.applicability}`,
      'operations',
      ...(card!.operations as string[]).map((text, i) => `  ${i + 1}. ${text}`),
      `evidence       ${steps.length} of ${card!.attempt_count} attempts at ${card!.support} tasks; coverage ${(100 * Number(card!.coverage)).toFixed(0)} % of failed tasks`,
      ...steps.slice(0, 6).map((step) => `  ${step}`),
      'lineage',
      ...history.map((h) => `  round ${h.round}: ${h.lineage}, ${h.support} tasks, ${h.attempt_count} attempts`),
    ].join('\n');
  },
});
