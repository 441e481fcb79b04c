import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { AUTOMATIC, LEVELS, type LevelReport, probeLevels } from '../pipeline/sandbox/index.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable } from './draw-table.ts';
import type { Settings } from './settings.ts';
import { has } from './system-packages.ts';
import { go, readSeeds } from './world.ts';

interface Finding {
  what: string;
  ok: string;
  found: string;
  fix: string;
}

export default defineCommand({
  summary: 'what this machine has and lacks',
  options: z.object({ ...asJson, ...common }),
  async run({ json, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const levels = await probeLevels(LEVELS);
    const used = usedOf(levels, settings.sandbox);
    const seeds = await readSeeds(settings);
    const findings: Finding[] = [
      finding(
        'node',
        process.versions.node.startsWith('24.'),
        process.version,
        'run through make: it puts the pinned Node first',
      ),
      finding('git', has(['git', '--version']), '', 'install git'),
      finding('python', has([settings.python, '--version']), settings.python, 'install python3, or set python'),
      finding('python venv', has([settings.python, '-c', 'import venv, ensurepip']), '', 'install python3-venv'),
      finding(
        'c++ compiler',
        has(['c++', '--version']),
        '',
        'optional: install g++ for the native sketch library; without it WebAssembly is used',
      ),
      finding('go', has([go, 'version']), '', 'optional: install Go 1.21 or later, for Go modules of your own'),
      ...sandboxFindings(levels, used),
      finding('seeds', seeds.length > 0, `${seeds.length} in the manifest`, 'see the setting repositories'),
      finding(
        'fetched seeds',
        existsSync(resolve(settings.data, 'cache/sources')),
        resolve(settings.data, 'cache'),
        'make setup',
      ),
    ];
    effects.print(
      json
        ? JSON.stringify(findings)
        : drawTable(
            findings.map((f) => ({ ...f, fix: f.ok === 'yes' ? '' : f.fix })),
            90,
          ),
    );
    return used === undefined ? 1 : 0;
  },
});

/** The level that runs use: the one that setting `sandbox` names, or the strongest of those that are chosen unasked. */
export const usedOf = (levels: readonly LevelReport[], wanted: Settings['sandbox']): LevelReport | undefined =>
  levels.find(
    ({ id, level }) => id !== null && (wanted === 'strongest' ? AUTOMATIC.includes(level) : level === wanted),
  );

/** The level that runs use, then every level: what it is here, or what it lacks and how to mend that. */
export const sandboxFindings = (levels: readonly LevelReport[], used: LevelReport | undefined): Finding[] => [
  finding('sandbox', used !== undefined, used?.id ?? 'no level: repository code does not run here', ''),
  ...levels.map(({ level, id, missing, fix }) =>
    finding(`sandbox ${level}`, id !== null, id ?? inOneLine(missing), fix ?? ''),
  ),
];

const inOneLine = (text: string | null): string =>
  (text ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .join('; ');

const finding = (what: string, ok: boolean, found: string, fix: string): Finding => ({
  what,
  ok: ok ? 'yes' : 'no',
  found,
  fix,
});
