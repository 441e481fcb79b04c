import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sections } from '../../jobs/report/chapters.ts';
import { socratic } from '../jobs/run.ts';
import { plantRounds } from '../planted-rounds/index.ts';
import { type Browsing, browse, leaving, missingBrowser } from './browser.ts';

describe.skipIf(missingBrowser() !== null)('the report in a browser', () => {
  let data: string;
  let browsing: Browsing;
  const address = (round: number) => `file://${data}/reports/round-${round}.html`;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'socratic-browser-report-'));
    await plantRounds(data);
    for (const round of [1, 2])
      expect((await socratic(['report', String(round), '--set', `data=${data}`])).code).toBe(0);
    browsing = await browse();
  });
  afterAll(async () => {
    await browsing?.close();
    await rm(data, { recursive: true, force: true });
  });

  it('draws every chapter, asks for nothing else, and complains of nothing', async () => {
    const page = await browsing.open(address(2));
    for (const { id, queries } of sections) {
      const section = page.getByTestId(`section-${id}`);
      expect((await section.boundingBox())!.height, id).toBeGreaterThan(100);
      for (const chart of await section.getByRole('img').all()) {
        expect((await chart.boundingBox())!.width, id).toBeGreaterThan(200);
        expect(await chart.getAttribute('aria-label'), id).toBeTruthy();
      }
      expect(await section.getByRole('img').count(), id).toBeGreaterThanOrEqual(queries.length > 0 ? 1 : 0);
    }
    expect(browsing.requests.filter((url) => !url.startsWith('data:'))).toEqual([address(2)]);
    expect(browsing.errors).toEqual([]);
    await page.close();
  });

  it('opens a query from the keyboard', async () => {
    const page = await browsing.open(address(2));
    const summary = page.locator('#funnel details.behind summary').first();
    await summary.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#funnel pre.sql').first().isVisible()).toBe(true);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.tagName')).not.toBe('BODY');
    await page.close();
  });

  it.each(['light', 'dark'] as const)('has readable contrast when it is %s', async (colorScheme) => {
    const page = await browsing.open(address(2));
    await page.emulateMedia({ colorScheme });
    const [ink, paper] = await page.evaluate<string[]>(
      '(({ color, backgroundColor }) => [color, backgroundColor])(getComputedStyle(document.body))',
    );
    expect(contrast(ink!, paper!)).toBeGreaterThan(10);
    await page.close();
  });

  it.each([360, 390, 768])('does not scroll sideways at a width of %d', async (width) => {
    const page = await browsing.open(address(2));
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await page.close();
  });

  it('prints', async () => {
    const page = await browsing.open(address(2));
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav').first().isVisible()).toBe(false);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(50_000);
    await page.close();
  });

  it('obeys nothing that a trace says', async () => {
    const page = await browsing.open(address(1));
    expect(await page.evaluate('[window.taken === undefined, document.title]')).toEqual([true, 'Round 1']);
    expect(await page.locator('#planted').count()).toBe(0);
    expect(leaving(browsing.requests)).toEqual([]);
    expect(browsing.errors).toEqual([]);
    await page.close();
  });
});

/** Contrast of two colours written as rgb(r, g, b), as WCAG 2 counts it. */
function contrast(a: string, b: string): number {
  const light = (colour: string) => {
    const [red, green, blue] = colour.match(/\d+(?:\.\d+)?/g)!.map((n) => {
      const share = Number(n) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
  return (bright! + 0.05) / (dark! + 0.05);
}
