import type { Html } from '../report/html.ts';
import type { Links } from '../report/section.ts';
import type { Reader } from './reader.ts';

/** What a page is asked. */
export interface Ask {
  reader: Reader;
  /** The rest of the path, decoded. */
  path: readonly string[];
  query: URLSearchParams;
  /** Address of a page, with the token. */
  at(path: string, query?: Record<string, string | number | null | undefined>): string;
  links: Links;
  /** The list alone, for a page that is already there. */
  isPart: boolean;
}

export interface Reply {
  status: number;
  type: string;
  /** Whole, or piece by piece as it comes. */
  body: string | Uint8Array | AsyncIterable<string>;
  /** File name of a download. */
  download?: string;
}

export type Page = (ask: Ask) => Promise<Reply>;

export const htmlReply = (page: Html, status = 200): Reply => ({
  status,
  type: 'text/html; charset=utf-8',
  body: page.text,
});
export const textReply = (body: string, status = 200): Reply => ({ status, type: 'text/plain; charset=utf-8', body });

/** Something that was asked for and is not there, or a question that makes no sense: said in a page, not a bug. */
export class NotFound extends Error {}
