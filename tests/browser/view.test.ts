import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serve, type Viewer } from '../../jobs/view/server.ts';
import { hostileTraceId, longTraceId } from '../planted-rounds/attempts.ts';
import { plantRounds } from '../planted-rounds/index.ts';
import { type Browsing, browse, leaving, missingBrowser } from './browser.ts';

const longSteps = 5000;

/** Controls of a page that nothing names. */
const controlsWithoutName = `[...document.querySelectorAll('main input:not([type=hidden]), main select, main textarea')]
  .filter((node) => node.labels.length === 0 || node.labels[0].textContent.trim() === '')
  .map((node) => node.outerHTML)`;

describe.skipIf(missingBrowser() !== null)('the viewer in a browser', () => {
  let data: string;
  let viewer: Viewer;
  let browsing: Browsing;
  const complaints: string[] = [];
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'socratic-browser-view-'));
    await plantRounds(data, { long_steps: longSteps });
    viewer = await serve(data, { log: (line) => complaints.push(line) });
    browsing = await browse();
  });
  afterEach(() => {
    expect(leaving(browsing.requests)).toEqual([]);
    expect(browsing.errors).toEqual([]);
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browsing?.close();
    await viewer?.close();
    await rm(data, { recursive: true, force: true });
  });

  /** A page once its script has run. */
  const open = async (path: string): Promise<Page> => {
    const page = await browsing.open(`${viewer.address}${path}`);
    await page.locator('body[data-ready]').waitFor();
    return page;
  };
  const stepHere = (page: Page) => page.locator('.step.here').getAttribute('data-step');
  const rowCount = async (page: Page) => (await page.locator('#list .count').textContent())!;

  it.each([
    ['', 'Rounds', 'Round 2'],
    ['round/2', 'Round 2', 'passed all four gates'],
    ['tasks', 'Tasks', 'points away from the validation set'],
    ['traces', 'Traces', 'mini-swe-agent'],
    ['skills', 'Skills', 'const_int in an if condition'],
    ['compare', 'Round 1 against round 2', 'points'],
    ['sql?query=select+round,+gate+from+gate_funnel', 'SQL', 'semantics'],
    ['tables', 'Tables', 'sealed'],
  ])(
    '/%s draws real rows under a heading, with landmarks and a name for every control',
    async (path, heading, says) => {
      const page = await open(path);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain(heading);
      expect(await page.getByRole('main').textContent()).toContain(says);
      expect(await page.getByRole('navigation', { name: 'Places' }).count()).toBe(1);
      expect(await page.evaluate(controlsWithoutName)).toEqual([]);
      for (const chart of await page.locator('svg[role=img]').all())
        expect(await chart.getAttribute('aria-label')).toBeTruthy();
      await page.close();
    },
  );

  it('filters while one types, keeps the filter in the address, and goes back to it', async () => {
    const page = await open('tasks');
    expect(await rowCount(page)).toContain('288 tasks');
    await page.getByRole('combobox', { name: 'round', exact: true }).selectOption('2');
    await expect.poll(() => rowCount(page)).toContain('96 tasks');
    await page.getByLabel('Search').fill('tally');
    await expect.poll(() => rowCount(page)).not.toContain('96 tasks');
    const [address, count] = [page.url(), await rowCount(page)];
    expect(address).toContain('round=2');
    await page.goto(address);
    expect(await rowCount(page)).toBe(count);
    expect(await page.getByLabel('Search').inputValue()).toBe('tally');
    await page.close();
  });

  it('walks a list by keys and opens what it stands on', async () => {
    const page = await open('tasks?round=2');
    for (const key of ['j', 'j', 'k', 'j']) await page.keyboard.press(key);
    const row = page.locator('tr.here');
    const name = (await row.locator('a').first().textContent())!;
    expect(await page.locator('tbody tr').nth(1).getAttribute('class')).toBe('here');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/task\//);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain(name);
    await page.close();
  });

  it('walks a trace by steps, and from attempt to attempt', async () => {
    const page = await open('tasks?ended_at=selected&round=2&sort=attempt_count.down');
    await page.locator('#list tbody a').first().click();
    await page.locator('table.list a').first().click();
    await page.locator('body[data-ready]').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await expect.poll(() => stepHere(page)).toBe('2');
    await page.keyboard.press('k');
    await expect.poll(() => stepHere(page)).toBe('1');
    const first = page.url().split('#')[0]!;
    await page.keyboard.press('l');
    await page.waitForURL((url) => !url.href.startsWith(first));
    await page.locator('body[data-ready]').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.waitForURL((url) => url.href.startsWith(first));
    await page.close();
  });

  it('opens a link to a step deep in a trace of thousands, and scrolls on from there', async () => {
    const page = await open(`trace/1/${longTraceId}#step-3417`);
    await expect.poll(() => stepHere(page)).toBe('3417');
    const last = page.locator(`#step-${longSteps}`);
    const top = () => page.evaluate<number>("document.querySelector('#step-3417').getBoundingClientRect().top");
    await expect.poll(async () => Math.abs(await top())).toBeLessThan(200);
    await page.keyboard.press('j');
    await expect.poll(() => page.url()).toContain('#step-3418');
    await expect
      .poll(() => page.evaluate('scrollTo(0, document.body.scrollHeight)').then(() => last.isVisible()))
      .toBe(true);
    expect(await page.locator('.step').count()).toBeLessThan(longSteps / 2);
    await page.close();
  });

  it('finds text inside a trace and walks what it found', async () => {
    const page = await open(`trace/1/${longTraceId}`);
    await page.keyboard.press('/');
    await page.keyboard.type('Step 4321 of');
    await expect.poll(() => page.locator('output').textContent()).toContain('1 step');
    await page.keyboard.press('Enter');
    await expect.poll(() => stepHere(page)).toBe('4321');
    await page.close();
  });

  it('hides and shows parts of steps, and remembers', async () => {
    const page = await open(`trace/1/${longTraceId}`);
    const result = page.locator('#step-1 .result');
    expect(await result.isVisible()).toBe(true);
    await page.getByLabel('results').uncheck();
    expect(await result.isVisible()).toBe(false);
    await page.reload();
    await page.locator('body[data-ready]').waitFor();
    expect(await result.isVisible()).toBe(false);
    await page.getByLabel('results').check();
    expect(await result.isVisible()).toBe(true);
    await page.close();
  });

  it('shows the keys on ? and takes the keyboard back', async () => {
    const page = await open('');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog', { name: 'Keys' }).isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.close();
  });

  it('answers SQL on Control-Enter and downloads the answer', async () => {
    const page = await open('sql');
    await page.getByRole('textbox').fill('select round, count(*)::integer as n from tasks group by all order by all');
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('answered').waitFor();
    expect(await page.getByRole('region', { name: 'Answer' }).textContent()).toContain('96');
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'csv' }).click()]);
    expect(file.suggestedFilename()).toBe('answer.csv');
    await page.close();
  });

  it.each(['', '?tab=diff', '?tab=tests', '?tab=about'])('obeys nothing that a trace says%s', async (tab) => {
    const page = await open(`trace/1/${hostileTraceId}${tab}`);
    for (const node of await page.locator('main pre').all())
      await node.hover({ force: true, timeout: 2000 }).catch(() => {});
    expect(await page.evaluate('[window.taken === undefined, document.title]')).toEqual([
      true,
      expect.stringContaining('Trace'),
    ]);
    expect(await page.locator('#planted').count()).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.close();
  });

  it('obeys nothing in a list, a search or a query either', async () => {
    for (const path of [
      'traces',
      `traces?q=${encodeURIComponent('"><script>window.taken = true</script>')}`,
      `sql?query=${encodeURIComponent("select '<script>window.taken = true</script>' as x, message from steps where length(message) > 200")}`,
    ]) {
      const page = await open(path);
      expect(await page.evaluate('window.taken === undefined'), path).toBe(true);
      await page.close();
    }
  });

  it.each([360, 768])('does not scroll sideways at a width of %d', async (width) => {
    for (const path of ['', 'round/2', 'tasks', 'traces', `trace/1/${longTraceId}`, 'compare', 'sql', 'tables']) {
      const page = await open(path);
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(width);
      await page.close();
    }
  });
});
