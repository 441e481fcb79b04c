import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executable = [process.env.CHROMIUM, ...known].find((path) => path !== undefined && existsSync(path));

/** Why there is no browser to test with, or null. Printed, so that a green run says what it did not do. */
export function missingBrowser(): string | null {
  if (executable) return null;
  const reason = `no Chromium: looked for ${known.join(', ')} and CHROMIUM`;
  process.stderr.write(`browser tests are skipped: ${reason}; apt-get install chromium\n`);
  return reason;
}

/** No sandbox of its own: tests run as root in containers. Nothing that would call home. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a profile of its own, and what its pages did. */
export interface Browsing {
  context: BrowserContext;
  /** Errors of the console and of scripts. */
  errors: string[];
  /** Addresses asked for. */
  requests: string[];
  open(address: string): Promise<Page>;
  close(): Promise<void>;
}

export async function browse(options: BrowserContextOptions = {}): Promise<Browsing> {
  const profile = mkdtempSync(join(tmpdir(), 'socratic-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable!,
    headless: true,
    args: flags,
    viewport: { width: 1180, height: 860 },
    ...options,
  });
  const [errors, requests]: [string[], string[]] = [[], []];
  context.on('request', (request) => requests.push(request.url()));
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(message.text());
  });
  context.on('weberror', (error) => errors.push(error.error().message));
  return {
    context,
    errors,
    requests,
    async open(address) {
      const page = await context.newPage();
      await page.goto(address);
      return page;
    },
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Requests that went anywhere but to this machine. */
export const leaving = (requests: readonly string[]): string[] =>
  requests.filter((address) => !/^(?:file:|data:|blob:|http:\/\/127\.0\.0\.1:\d+\/)/.test(address));
