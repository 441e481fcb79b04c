import * as z from 'zod';
import { common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { openWorld } from './world.ts';

export default defineCommand({
  summary: 'fetch the seed repositories and what their tests need',
  options: z.object({ ...common }),
  async run({ config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const { library, sandbox } = await openWorld(settings, effects);
    const had = library.seeds.filter((seed) => seed.snapshot).length;
    effects.print(`${had} of ${library.seeds.length} seed repositories are here; sandbox ${sandbox.id}`);
  },
});
