import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { stagesOf } from '../pipeline/round.ts';
import { explainDifference, ingredientsOf } from '../pipeline/runner.ts';
import { systemClock } from './clock.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { openEngine } from './engine.ts';
import { paramsOf } from './settings.ts';

const wholeRound = 'expected a whole number from 0 up';

export default defineCommand({
  summary: 'what changed since a stage last ran',
  positionals: ['stage', 'n'],
  options: z.object({
    stage: z.string().describe('stage'),
    n: z.coerce.number({ error: wholeRound }).int(wholeRound).min(0, wholeRound).describe('round'),
    ...asJson,
    ...common,
  }),
  async run({ stage: name, n, json, config, set }, effects) {
    const stage = stagesOf(n).find((s) => s.name === name);
    if (!stage)
      throw DataError.of({
        where: 'why',
        expected: `a stage of round ${n}: ${stagesOf(n)
          .map((s) => s.name)
          .join(', ')}`,
        found: name,
        fix: 'name one of them',
      });
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const engine = await openEngine(settings, effects);
    try {
      const recorded = await engine.warehouse.manifest(n, name);
      if (!recorded)
        throw DataError.of({
          where: `stage ${name} of round ${n}`,
          expected: 'a finished run to compare with',
          found: 'none',
          fix: `run make round N=${Math.max(1, n)}`,
        });
      const options = {
        store: engine.warehouse,
        round: n,
        seed: settings.seed,
        params: paramsOf(settings, name, n),
        ports: engine.ports,
        progress: () => {},
        clock: systemClock,
      };
      const differences = explainDifference(recorded.ingredients, await ingredientsOf(stage, options));
      effects.print(
        json
          ? JSON.stringify(differences)
          : differences.length > 0
            ? differences.join('\n')
            : 'nothing changed: the stage would not run',
      );
    } finally {
      await engine.close();
    }
  },
});
