import type { Rows, Type } from '../rows.ts';
import type { SwebenchRow } from '../swebench-row.ts';

/** What a trainer reads: its file's kind, and its rows out of the superset rows. */
export interface Profile {
  kind: 'parquet' | 'jsonl';
  rows(tasks: readonly SwebenchRow[]): Rows;
}

const messages = { list: { struct: { role: 'string', content: 'string' } } } as const satisfies Type;
const data_source = 'socratic/repair';

const promptOf = ({ problem_statement, workdir, test_cmd }: SwebenchRow) => [
  {
    role: 'user',
    content: `${problem_statement}\n\nThe library is in ${workdir}. To run the failing tests:\n\n${test_cmd}\n`,
  },
];

/** What a reward function needs, as one text: trainers carry the truth as one value. */
const truthOf = ({ task_id, instance_id, image, FAIL_TO_PASS, PASS_TO_PASS }: SwebenchRow): string =>
  JSON.stringify({
    task_id,
    instance_id,
    image,
    fail_to_pass: JSON.parse(FAIL_TO_PASS),
    pass_to_pass: JSON.parse(PASS_TO_PASS),
  });

const instanceColumns = {
  ...{
    instance_id: 'string',
    repo: 'string',
    base_commit: 'string',
    image_name: 'string',
    problem_statement: 'string',
  },
  ...{ eval_script: 'string', workdir: 'string', task_id: 'string' },
} as const satisfies Record<string, Type>;

const instanceOf = (row: SwebenchRow) =>
  Object.fromEntries(Object.keys(instanceColumns).map((name) => [name, row[name as keyof SwebenchRow]]));

const verl: Profile = {
  kind: 'parquet',
  rows: (tasks) => ({
    columns: {
      data_source: 'string',
      prompt: messages,
      ability: 'string',
      reward_model: { struct: { style: 'string', ground_truth: 'string' } },
      extra_info: { struct: { split: 'string', index: 'int64', need_tools_kwargs: 'bool', ...instanceColumns } },
      agent_name: 'string',
    },
    rows: tasks.map((row, index) => ({
      data_source,
      prompt: promptOf(row),
      ability: 'code',
      reward_model: { style: 'rule', ground_truth: truthOf(row) },
      extra_info: { split: row.split, index, need_tools_kwargs: false, ...instanceOf(row) },
      agent_name: 'tool_agent',
    })),
  }),
};

const skyrl: Profile = {
  kind: 'parquet',
  rows: (tasks) => ({
    columns: {
      data_source: 'string',
      prompt: messages,
      env_class: 'string',
      reward_spec: { struct: { method: 'string', ground_truth: 'string' } },
      instance: { struct: instanceColumns },
      extra_info: { struct: { split: 'string', index: 'int64', task_id: 'string' } },
    },
    rows: tasks.map((row, index) => ({
      data_source,
      prompt: promptOf(row),
      env_class: 'null',
      reward_spec: { method: 'rule', ground_truth: truthOf(row) },
      instance: instanceOf(row),
      extra_info: { split: row.split, index, task_id: row.task_id },
    })),
  }),
};

const nemo: Profile = {
  kind: 'jsonl',
  rows: (tasks) => ({
    columns: {},
    rows: tasks.map((row) => ({
      responses_create_params: {
        input: promptOf(row),
        metadata: {
          instance_id: row.instance_id,
          base_commit: row.base_commit,
          dataset_name: data_source,
          split: row.split,
          problem_statement: row.problem_statement,
          golden_patch: row.patch,
          instance_dict: JSON.stringify(row),
        },
      },
      agent_ref: { type: 'responses_api_agents', name: 'swe_agents' },
    })),
  }),
};

const slime: Profile = {
  kind: 'jsonl',
  rows: (tasks) => ({
    columns: {},
    rows: tasks.map((row) => ({
      prompt: promptOf(row),
      label: truthOf(row),
      metadata: {
        image: row.image,
        workdir: row.workdir,
        problem_statement: row.problem_statement,
        eval_cmd: row.eval_script,
        pre_commands: [],
        remote_env_info: { instance_id: row.instance_id, task_id: row.task_id },
      },
    })),
  }),
};

const trl: Profile = {
  kind: 'parquet',
  rows: (tasks) => ({
    columns: {
      prompt: messages,
      fail_to_pass: { list: 'string' },
      pass_to_pass: { list: 'string' },
      ...instanceColumns,
    },
    rows: tasks.map((row) => ({
      prompt: promptOf(row),
      fail_to_pass: JSON.parse(row.FAIL_TO_PASS),
      pass_to_pass: JSON.parse(row.PASS_TO_PASS),
      ...instanceOf(row),
    })),
  }),
};

export const profiles = { verl, skyrl, nemo, slime, trl } as const satisfies Record<string, Profile>;
export type ProfileName = keyof typeof profiles;
