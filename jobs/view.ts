import * as z from 'zod';
import { common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { serve } from './view/server.ts';

export default defineCommand({
  summary: 'look at the warehouse in a browser: rounds, tasks, traces, skills, SQL; read-only, this machine alone',
  options: z.object({
    port: z.coerce.number().int().min(0).max(65535).default(0).describe('port on 127.0.0.1 (default any free one)'),
    ...common,
  }),
  async run({ port, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const viewer = await serve(settings.data, { port, log: effects.log });
    effects.print(viewer.address);
    effects.log('control-C ends it');
    await new Promise<void>((resolve) => process.once('SIGTERM', resolve));
    await viewer.close();
  },
});
