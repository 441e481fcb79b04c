import { resolve } from 'node:path';
import * as z from 'zod';
import { makeBundle } from '../pipeline/exporters/bundle.ts';
import { choices } from '../pipeline/exporters/curated.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { openWarehouse } from './engine.ts';
import { exportId, recordExport } from './export-record.ts';
import { type ExportRequest, exporters, type Made } from './exporters.ts';
import { takeLock } from './lock.ts';

const kinds = Object.keys(exporters) as [keyof typeof exporters, ...(keyof typeof exporters)[]];

export default defineCommand({
  summary: `hand out a round: ${kinds.join(', ')}`,
  positionals: ['kind'],
  options: z.object({
    kind: z.enum(kinds).describe(kinds.map((kind) => `${kind}: ${exporters[kind].summary}`).join('; ')),
    round: z.coerce.number().int().min(0).describe('round to export'),
    out: z.string().min(1).describe('folder to make; an earlier export of the same kind is replaced (also -o)'),
    query: z.string().optional().describe('what kind table exports: the name of a table or mart, or SQL'),
    profile: z.string().optional().describe('form of the rows, where a kind has several'),
    tasks: z
      .enum(choices)
      .default('selected')
      .describe('selected: what the round trained on; valid: all that passed the gates'),
    skip_proof: z.boolean().default(false).describe('do not run the exported verifiers'),
    ...asJson,
    ...common,
  }),
  async run({ kind, out, json, config, set, ...options }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const release = takeLock(resolve(settings.data, 'warehouse', '.lock'));
    try {
      const store = await openWarehouse(settings);
      try {
        const made = await make(kind, out, { ...options, store, settings, effects });
        effects.print(json ? JSON.stringify({ out, ...made.names, ...made.about }) : describe(out, made));
        for (const failure of made.failures) effects.log(failure);
        return made.failures.length > 0 ? 1 : 0;
      } finally {
        store.database.close();
      }
    } finally {
      release();
    }
  },
});

interface Exported extends Made {
  /** Its digest, and its id in the table exports where it holds tasks. */
  names: Record<string, string>;
}

async function make(kind: keyof typeof exporters, out: string, request: ExportRequest): Promise<Exported> {
  let made: Made | undefined;
  const { digest } = await makeBundle(kind, out, async (bundle) => {
    made = await exporters[kind].fill(bundle, request);
    return made.about;
  });
  const { profile, tasks } = made!;
  if (tasks.length === 0) return { ...made!, names: { digest } };
  const handed = { round: request.round, kind, profile, digest, task_ids: tasks.map(({ task }) => task.task_id) };
  await recordExport(request.store, handed);
  return { ...made!, names: { digest, export_id: exportId(handed) } };
}

/** `out   round 1, tasks 32`, and a line for each name. */
function describe(out: string, { about, names: { digest, export_id } }: Exported): string {
  const words = Object.entries(about)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`);
  return [`${out}   ${words.join(', ')}`, ...(export_id ? [export_id] : []), `sha256 ${digest}`].join('\n');
}
