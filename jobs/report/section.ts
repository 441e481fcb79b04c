import type { Manifest } from '../../pipeline/stage.ts';
import type { Against } from './against.ts';
import { type Html, html } from './html.ts';
import { shortId } from './words.ts';

/** A row of a query of sql/report: its columns are in the file of that name. */
export type Row = Record<string, any>;

/** How ids are shown: plain in a file, as links where there is something to go to. */
export interface Links {
  task(id: string): Html;
  trace(id: string, step?: number): Html;
  skill(id: string, label?: string): Html;
  /** Tasks that ended at a step for a reason. */
  ended(label: string, round: number, step: string, reason: string): Html;
}

export const plainLinks: Links = {
  task: (id) => html`<code>${shortId(id)}</code>`,
  trace: (id, step) => html`<code>${shortId(id)}${step === undefined ? '' : `#${step}`}</code>`,
  skill: (id, label) => html`${label ?? html`<code>${shortId(id)}</code>`}`,
  ended: (label) => html`${label}`,
};

export interface Context {
  round: number;
  links: Links;
  /** Finished stages of the round. */
  manifests: readonly Manifest[];
  /** What another selection came to, when the report was asked to compare. */
  against?: Against;
}

export interface Drawn {
  /** What the figures say, in a sentence. */
  finding: Html;
  body: readonly Html[];
}

/** A chapter of the report: the questions it asks and how it draws their answers. */
export interface Section {
  id: string;
  title: string;
  /** Names in sql/report. */
  queries: readonly string[];
  draw(answers: Record<string, Row[]>, context: Context): Drawn;
}

export const nothing = (finding: string): Drawn => ({ finding: html`${finding}`, body: [] });
