import * as z from 'zod';
import { makeBundle } from '../pipeline/exporters/bundle.ts';
import { choices } from '../pipeline/exporters/curated.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { openWarehouse } from './engine.ts';
import { exporters, type Made } from './exporters.ts';

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
    const store = await openWarehouse(settings);
    try {
      let made: Made | undefined;
      const { digest } = await makeBundle(kind, out, async (bundle) => {
        made = await exporters[kind].fill(bundle, { ...options, store, settings, effects });
        return made.about;
      });
      const { about, failures } = made!;
      effects.print(json ? JSON.stringify({ out, digest, ...about }) : `${out}   ${describe(about)}\nsha256 ${digest}`);
      for (const failure of failures) effects.log(failure);
      return failures.length > 0 ? 1 : 0;
    } finally {
      store.database.close();
    }
  },
});

/** `round 1, tasks 32` */
const describe = (about: Record<string, unknown>): string =>
  Object.entries(about)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)
    .join(', ');
