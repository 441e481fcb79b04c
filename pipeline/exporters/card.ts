import type { Type } from './rows.ts';
import { yaml } from './yaml.ts';

/** A configuration of a dataset repository: files of one kind of row. */
export interface Config {
  name: string;
  split: string;
  columns: Readonly<Record<string, Type>>;
  paths: readonly string[];
  row_count: number;
  /** Bytes of the files, and of the rows as text. */
  download_size: number;
  dataset_size: number;
}

interface About {
  name: string;
  round: number;
  configs: readonly Config[];
  languages: readonly string[];
}

/** The README of a dataset repository: what the Hub reads, then what people read. */
export const card = (about: About): string => `---\n${yaml(metadata(about))}---\n${text(about)}`;

const metadata = ({ name, configs, languages }: About) => ({
  pretty_name: name.split('/').at(-1)!,
  license: 'other',
  license_name: 'as-each-library',
  language: ['en'],
  task_categories: ['text-generation'],
  tags: ['code', 'program-repair', 'swe-bench', ...languages],
  size_categories: [sizeCategory(configs[0]!.row_count)],
  configs: configs.map(({ name: config_name, split, paths }, index) => ({
    config_name,
    ...(index === 0 ? { default: true } : {}),
    data_files: [{ split, path: paths }],
  })),
  dataset_info: configs.map((config) => ({
    config_name: config.name,
    features: Object.entries(config.columns).map(([column, type]) => ({ name: column, ...feature(type) })),
    splits: [{ name: config.split, num_bytes: config.dataset_size, num_examples: config.row_count }],
    download_size: config.download_size,
    dataset_size: config.dataset_size,
  })),
});

/** A type as the Hub's card says it. */
function feature(type: Type): Record<string, unknown> {
  if (typeof type === 'string') return { dtype: type };
  if ('list' in type) {
    const inner = feature(type.list);
    return { list: inner.dtype ?? inner.struct ?? inner };
  }
  return { struct: Object.entries(type.struct).map(([name, inner]) => ({ name, ...feature(inner) })) };
}

function sizeCategory(count: number): string {
  const steps = [
    [1_000, 'n<1K'],
    [10_000, '1K<n<10K'],
    [100_000, '10K<n<100K'],
  ] as const;
  return steps.find(([most]) => count < most)?.[1] ?? '100K<n<1M';
}

const text = ({ name, round, configs }: About): string => `
# ${name}, round ${round}

Repair tasks that socratic-swe made out of what its Solver kept getting wrong: each is a real library with one injected
bug, a statement of the failing tests, and the tests that judge a repair. They were validated by four gates and selected
by how well their gradient agrees with that of a trusted validation set.

| configuration | rows | what |
|---|---|---|
${configs.map((config) => `| \`${config.name}\` | ${config.row_count} | ${purposes[config.name]} |`).join('\n')}

\`\`\`py
from datasets import load_dataset
tasks = load_dataset("path/to/this/folder", "tasks", split="${configs[0]!.split}")
\`\`\`

A row of \`tasks\` is a SWE-bench row (\`patch\` repairs, \`FAIL_TO_PASS\` and \`PASS_TO_PASS\` are JSON) with what newer
harnesses ask for. **\`provenance\` and \`skills\` are for people and trainers, not for solvers:** they say what a task
was made to be hard at. Join them by \`task_id\` and \`skill_id\`.

The bugs are single edits by 30 operators, not bugs that people wrote. Each library keeps its own licence, named in
\`provenance\`.
`;

const purposes: Record<string, string> = {
  tasks: 'what a solver and its harness need',
  provenance: 'trusted: why a task is here, down to the trace steps that asked for it',
  skills: 'trusted: the skill cards of the round',
};
