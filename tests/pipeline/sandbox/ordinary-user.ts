/** Serves this machine's sandbox over standard input and output, so that a test run as root can use it as someone else. */
import { createInterface } from 'node:readline';
import type { SandboxProcess } from '../../../pipeline/ports.ts';
import { type Level, openSandbox } from '../../../pipeline/sandbox/index.ts';
import type { Answer, Question } from './remote-sandbox.ts';

const say = (answer: Answer): void => {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
};

const sandbox = await openSandbox({ level: process.argv[2] as Level });
const started = new Map<number, SandboxProcess>();

const start = async (id: number, process: SandboxProcess): Promise<void> => {
  started.set(id, process);
  for await (const line of process.lines) say({ id, line });
  say({ id, outcome: await process.ended });
};

const answer = async ({ id, ask }: Question): Promise<void> => {
  if (ask.kind === 'run') say({ id, outcome: await sandbox.run(ask.command) });
  else if (ask.kind === 'start') await start(id, sandbox.start(ask.command));
  else if (ask.kind === 'send') started.get(id)!.send(ask.line);
  else started.get(id)![ask.kind]();
};

say({ id: 0, sandbox_id: sandbox.id });
for await (const line of createInterface({ input: process.stdin })) void answer(JSON.parse(line));
