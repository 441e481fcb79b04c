import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportFile, writeReport } from '../../jobs/report/write.ts';
import { openReader } from '../../jobs/view/reader.ts';
import { serve, type Viewer } from '../../jobs/view/server.ts';
import { plantRounds } from '../planted-rounds/index.ts';
import { project } from '../sources.ts';
import { type Browsing, browse, missingBrowser } from './browser.ts';

/** Drawn when asked for (PICTURES=1), of the warehouse in WAREHOUSE (a data folder) or of planted rounds. */
const isAsked = process.env.PICTURES === '1';
const folder = join(project, 'jobs/view/pictures');

describe.skipIf(missingBrowser() !== null || !isAsked)('the pictures of the README', () => {
  let data: string;
  let viewer: Viewer;
  let browsing: Browsing;
  let last: number;
  const isOwn = !process.env.WAREHOUSE;
  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    data = process.env.WAREHOUSE ?? (await mkdtemp(join(tmpdir(), 'socratic-pictures-')));
    if (isOwn) await plantRounds(data);
    const reader = await openReader(data);
    last = reader.rounds.at(-1)!;
    await writeReport(reader.warehouse, last, reportFile(data, last));
    reader.console.close();
    reader.database.close();
    viewer = await serve(data, { log: () => {} });
    browsing = await browse({ viewport: { width: 1180, height: 820 }, deviceScaleFactor: 1.5 });
  });
  afterAll(async () => {
    await browsing?.close();
    await viewer?.close();
    if (isOwn) await rm(data, { recursive: true, force: true });
  });

  it.each(['light', 'dark'] as const)('the report, %s', async (colorScheme) => {
    const page = await browsing.open(`file://${reportFile(data, last)}`);
    await page.emulateMedia({ colorScheme });
    const picture = await page.screenshot({ path: join(folder, `report-${colorScheme}.png`) });
    expect(picture.length).toBeGreaterThan(20_000);
    await page.close();
  });

  it('a chapter of the report', async () => {
    const page = await browsing.open(`file://${reportFile(data, last)}`);
    const picture = await page.locator('#training .pair').screenshot({ path: join(folder, 'report-training.png') });
    expect(picture.length).toBeGreaterThan(10_000);
    await page.close();
  });

  it('a task and a trace in the viewer', async () => {
    const page = await browsing.open(`${viewer.address}tasks?round=${last}&ended_at=selected`);
    await page.locator('#list tbody a').first().click();
    await page.getByText('What a Solver sees').waitFor();
    expect((await page.screenshot({ path: join(folder, 'task.png') })).length).toBeGreaterThan(20_000);
    await page.locator('table.list a').first().click();
    await page.locator('body[data-ready] #steps').waitFor();
    expect((await page.screenshot({ path: join(folder, 'trace.png') })).length).toBeGreaterThan(20_000);
    await page.close();
  });
});
