import { type Effects, runCommand } from './command.ts';
import { nearest } from './nearest.ts';

/** Loaded one at a time, so that help is instant. */
export const commands: Record<
  string,
  { summary: string; load: () => Promise<{ default: import('./command.ts').Command }> }
> = {
  round: { summary: 'run a round end to end', load: () => import('./round.ts') },
  plan: { summary: 'what a round would run, and why', load: () => import('./plan.ts') },
  why: { summary: 'what changed since a stage last ran', load: () => import('./why.ts') },
  status: { summary: 'which stages of which rounds are finished', load: () => import('./status.ts') },
  setup: { summary: 'fetch the seed repositories and what their tests need', load: () => import('./setup.ts') },
  doctor: { summary: 'what this machine has and lacks', load: () => import('./doctor.ts') },
  skills: { summary: 'skill cards: ls, show, diff, export', load: () => import('./skills.ts') },
  tasks: { summary: 'tasks: ls, show', load: () => import('./tasks.ts') },
  workspace: {
    summary: 'a task to work on: open it in a folder, judge what was done',
    load: () => import('./workspace.ts'),
  },
  traces: { summary: 'traces: ls, show', load: () => import('./traces.ts') },
  import: { summary: "read other agents' traces into the warehouse", load: () => import('./import.ts') },
  distill: { summary: 'skill cards out of imported traces', load: () => import('./distill.ts') },
  sql: { summary: 'ask the warehouse', load: () => import('./sql.ts') },
  repos: { summary: 'repositories of your own: add, ls', load: () => import('./repos.ts') },
  report: { summary: 'write the report of a round, one HTML file', load: () => import('./report.ts') },
  compare: { summary: 'a round against another selection policy', load: () => import('./compare.ts') },
  view: { summary: 'look at the warehouse in a browser', load: () => import('./view.ts') },
  export: { summary: 'hand out a round in the formats of others', load: () => import('./export.ts') },
  check: { summary: 'run the checks of sql/checks', load: () => import('./check.ts') },
  regrade: { summary: 'judge a round again from stored executions', load: () => import('./regrade.ts') },
  'validation-set': { summary: 'rebuild the pinned list of trusted tasks', load: () => import('./validation-set.ts') },
};

export async function main(argv: readonly string[], effects: Effects): Promise<number> {
  const [name = '--help', ...rest] = argv;
  if (name === '--help' || name === '-h' || name === 'help') {
    effects.print(overview());
    return 0;
  }
  const entry = commands[name];
  if (!entry) {
    effects.log(
      `unknown command ${name}: did you mean socratic ${nearest(name, Object.keys(commands))}?\n${overview()}`,
    );
    return 2;
  }
  return runCommand(name, (await entry.load()).default, rest, effects);
}

const overview = (): string =>
  [
    'socratic <command>',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(16)} ${summary}`),
    '',
    'socratic <command> --help shows its options.',
  ].join('\n');

if (import.meta.main) {
  const effects: Effects = {
    print: (text) => process.stdout.write(`${text}\n`),
    log: (text) => process.stderr.write(`${text}\n`),
    isTerminal: process.stderr.isTTY ?? false,
    environment: process.env,
  };
  process.once('SIGINT', () => {
    process.stderr.write('\ninterrupted: the same command goes on where this one stopped\n');
    process.exit(130);
  });
  process.exitCode = await main(process.argv.slice(2), effects);
}
