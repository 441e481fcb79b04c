import type { Database } from '../../pipeline/warehouse/database.ts';
import { type SqlFile, sqlFiles } from '../../pipeline/warehouse/views.ts';
import type { Row, Section } from './section.ts';

/** A query as it was asked, and its answer. */
export interface Answer {
  name: string;
  purpose: string;
  sql: string;
  rows: Row[];
}

export const reportQueries = async (): Promise<Map<string, SqlFile>> =>
  new Map((await sqlFiles('report')).map((file) => [file.name, file]));

/** The query with the round written in, so that it can be asked anywhere. */
export const forRound = (sql: string, round: number): string => sql.replaceAll("getvariable('round')", String(round));

export async function answersOf(
  section: Section,
  { database, queries, round }: { database: Database; queries: ReadonlyMap<string, SqlFile>; round: number },
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const name of section.queries) {
    const file = queries.get(name);
    if (!file) throw new Error(`section ${section.id} asks ${name}, which is not in sql/report`);
    const sql = forRound(file.sql, round);
    answers.push({ name, purpose: file.header.purpose, sql, rows: await database.rows(sql) });
  }
  return answers;
}

export const byName = (answers: readonly Answer[]): Record<string, Row[]> =>
  Object.fromEntries(answers.map(({ name, rows }) => [name, rows]));
