import { stagesOf } from '../../../pipeline/round.ts';
import type { Manifest } from '../../../pipeline/stage.ts';
import { html } from '../html.ts';
import { nothing, type Section } from '../section.ts';
import { seconds, whole } from '../words.ts';

/** What decided the round: enough to run it again and to see that it came out the same. */
export const provenance: Section = {
  id: 'provenance',
  title: 'Provenance',
  queries: [],
  draw(_, { manifests, round }) {
    if (manifests.length === 0) return nothing('No stage of this round has finished.');
    const rows = manifests.reduce((sum, m) => sum + Object.values(m.outputs).reduce((n, o) => n + o.rows, 0), 0);
    return {
      finding: html`${manifests.length} stages of round ${round} left ${whole(rows)} rows. Equal fingerprints mean equal tables; a digest is of the rows without their timings.`,
      body: [
        html`<div class="stages">${[...manifests].sort((a, b) => place(a, round) - place(b, round)).map(stage)}</div>`,
      ],
    };
  },
};

const stage = (
  manifest: Manifest,
) => html`<details class="stage"><summary><b>${manifest.ingredients.stage}</b> <span class="muted">version ${manifest.ingredients.version ?? '–'}, ${seconds(manifest.wall_ms / 1000)}</span> <code>${manifest.fingerprint.slice(0, 16)}</code></summary>
<dl><dt>seed</dt><dd><code>${manifest.ingredients.seed}</code></dd>
<dt>settings</dt><dd><code>${JSON.stringify(manifest.ingredients.params)}</code></dd>
<dt>ports</dt><dd>${pairs(manifest.ingredients.ports)}</dd>
<dt>read</dt><dd>${pairs(Object.fromEntries(Object.entries(manifest.ingredients.inputs ?? {}).map(([name, digest]) => [name, digest.slice(0, 16)])))}</dd>
<dt>wrote</dt><dd>${Object.entries(manifest.outputs).map(
  ([name, output]) => html`<div>${name}: ${whole(output.rows)} rows, <code>${output.digest.slice(0, 16)}</code></div>`,
)}</dd>
${Object.values(manifest.dropped).some((n) => n > 0) ? html`<dt>dropped</dt><dd>${pairs(manifest.dropped)}</dd>` : ''}</dl></details>`;

/** Stages in the order they run; imports, which belong to no order, last. */
const place = ({ ingredients }: Manifest, round: number): number => {
  const index = stagesOf(round).findIndex((stage) => stage.name === ingredients.stage);
  return index < 0 ? stagesOf(round).length : index;
};

const pairs = (values: Record<string, string | number> | undefined) => {
  const entries = Object.entries(values ?? {});
  return entries.length === 0
    ? html`–`
    : entries.map(([name, value]) => html`<div>${name} <code>${value}</code></div>`);
};
