import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DataError } from '../../pipeline/errors.ts';
import { html } from '../report/html.ts';
import { assets } from './assets.ts';
import { layout } from './layout.ts';
import { linksTo } from './links.ts';
import { compare } from './pages/compare.ts';
import { skills, tasks, traces } from './pages/lists.ts';
import { round } from './pages/round.ts';
import { rounds } from './pages/rounds.ts';
import { skill } from './pages/skill.ts';
import { sql } from './pages/sql.ts';
import { download, tables } from './pages/tables.ts';
import { task } from './pages/task.ts';
import { found, trace, wholeText } from './pages/trace.ts';
import { LiveReader } from './reader.ts';
import { type Ask, htmlReply, NotFound, type Page, type Reply, textReply } from './reply.ts';

/** Pages by the first word of their path. */
const pages: Record<string, Page> = {
  '': rounds,
  round,
  tasks,
  task,
  traces,
  trace,
  found,
  text: wholeText,
  skills,
  skill,
  compare,
  sql,
  tables,
  export: download,
};

/** Nothing from anywhere else, no script but ours, in no frame; the token in the address goes nowhere. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface Viewer {
  /** Address with its token. */
  address: string;
  close(): Promise<void>;
}

/** Serves the warehouse of a data folder to this machine alone. */
export async function serve(
  data: string,
  { port = 0, log }: { port?: number; log(line: string): void },
): Promise<Viewer> {
  const token = randomBytes(18).toString('base64url');
  const reader = new LiveReader(data);
  await reader.current();
  const server = createServer((request, response) => {
    replyTo(request, { token, reader, port: (server.address() as AddressInfo).port, log })
      .catch((error: Error) => failed(error, log))
      .then((reply) => send(request, response, reply))
      .catch((error: NodeJS.ErrnoException) => cutOff(error, response, log));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${token}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await reader.close();
    },
  };
}

interface Serving {
  token: string;
  reader: LiveReader;
  port: number;
  log(line: string): void;
}

async function replyTo(request: IncomingMessage, { token, reader, port, log }: Serving): Promise<Reply> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return textReply('Only GET: this viewer changes nothing.', 405);
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(request.headers.host ?? ''))
    return textReply('This address is not served: ask for 127.0.0.1.', 403);
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const [given = '', ...path] = url.pathname.split('/').slice(1).map(decoded);
  if (!isToken(given, token))
    return textReply('This address lacks its token: open the one that socratic view printed.', 403);
  const [name = '', ...rest] = path;
  const at: Ask['at'] = (to, query = {}) => addressOf(token, to, query);
  if (name === 'assets') return assets(rest[0] ?? '');
  const page = Object.hasOwn(pages, name) ? pages[name] : undefined;
  const isPart = request.headers['x-part'] === '1';
  try {
    if (!page) throw new NotFound(`There is no page ${name}.`);
    return await page({
      reader: await reader.current(),
      path: rest,
      query: url.searchParams,
      at,
      links: linksTo(at),
      isPart,
    });
  } catch (error) {
    if (!(error instanceof NotFound || error instanceof DataError)) return failed(error as Error, log);
    const body = html`<h1>Not to be shown</h1><p class="wrong" role="alert"><span class="lines">${error.message}</span></p>`;
    return htmlReply(
      layout({ title: 'Not to be shown', place: '', body }, { at }),
      error instanceof NotFound ? 404 : 500,
    );
  }
}

const decoded = (piece: string): string => {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
};

function isToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function addressOf(
  token: string,
  path: string,
  query: Record<string, string | number | null | undefined>,
): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const search = new URLSearchParams(
    Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
  ).toString();
  const place = path.split('/').map(encodeURIComponent).join('/');
  return `/${token}/${place}${search ? `?${search}` : ''}`;
}

function failed(error: Error, log: (line: string) => void): Reply {
  log(error.stack ?? error.message);
  return textReply(`This page could not be made: ${error.message}`, 500);
}

/** Too late for another page: what is missing must at least be seen to be missing. A reader who left is no error. */
function cutOff(error: NodeJS.ErrnoException, response: ServerResponse, log: (line: string) => void): void {
  response.destroy();
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') log(error.stack ?? error.message);
}

async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const { status, type, body, download: name } = reply;
  const isWhole = typeof body === 'string' || body instanceof Uint8Array;
  response.writeHead(status, {
    ...headers,
    'content-type': type,
    ...(isWhole ? { 'content-length': Buffer.byteLength(body) } : {}),
    ...(name ? { 'content-disposition': `attachment; filename="${name}"` } : {}),
  });
  if (request.method === 'HEAD') response.end();
  else if (isWhole) response.end(body);
  else await pipeline(Readable.from(body), response);
}
