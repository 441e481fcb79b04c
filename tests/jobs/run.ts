import { main } from '../../jobs/cli.ts';

export interface Ran {
  code: number;
  /** What went to standard output and to standard error. */
  out: string;
  log: string;
}

/** Runs a command in this process. */
export async function socratic(argv: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const [out, log]: [string[], string[]] = [[], []];
  const effects = {
    print: (text: string) => void out.push(text),
    log: (text: string) => void log.push(text),
    isTerminal: false,
    environment,
  };
  const code = await main(argv, effects);
  return { code, out: out.join('\n'), log: log.join('\n') };
}
