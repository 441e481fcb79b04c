import { join } from 'node:path';
import { DataError } from '../../pipeline/errors.ts';
import { writeAtomic } from '../../pipeline/warehouse/files.ts';
import type { Warehouse } from '../../pipeline/warehouse/store.ts';
import { createViews } from '../../pipeline/warehouse/views.ts';
import type { Against } from './against.ts';
import { eachChapter } from './chapters.ts';
import { html } from './html.ts';
import { requireRound } from './known-round.ts';
import { reportPage } from './page.ts';
import { plainLinks } from './section.ts';

export const reportFile = (data: string, round: number): string => join(data, 'reports', `round-${round}.html`);

/** The report of a round as HTML. The same tables give the same bytes. */
async function reportOf(warehouse: Warehouse, round: number, against?: Against): Promise<string> {
  await requireRound(warehouse, round);
  await createViews(warehouse);
  const context = { round, links: plainLinks, manifests: await warehouse.manifests(round), against };
  const chapters = await Array.fromAsync(eachChapter(warehouse.database, context));
  const now = chapters
    .flatMap((chapter) => chapter.answers)
    .find((answer) => answer.name === 'rounds')
    ?.rows.find((row) => row.round === round);
  const lead = html`What the agent got wrong before round ${round}, what was made against it, and whether it helped.`;
  return reportPage({ title: `Round ${round}`, lead, now, chapters });
}

export async function writeReport(
  warehouse: Warehouse,
  round: number,
  file: string,
  against?: Against,
): Promise<number> {
  const page = await reportOf(warehouse, round, against);
  await writeAtomic(file, page);
  return Buffer.byteLength(page);
}

/** The last line of a round. A round whose tables cannot be drawn has still been run. */
export async function endReport(warehouse: Warehouse, round: number, data: string): Promise<string> {
  const file = reportFile(data, round);
  try {
    await writeReport(warehouse, round, file);
    return `Report: ${file}`;
  } catch (error) {
    if (error instanceof DataError) return `No report: ${error.message}`;
    throw error;
  }
}
