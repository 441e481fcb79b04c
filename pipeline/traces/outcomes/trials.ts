import { asList, asNumber, asObject, asText, asWhole, isObject, type JsonObject, type TestDraft } from '../draft.ts';
import { instant } from '../instants.ts';
import { folderOf, stemOf } from '../reading/entries.ts';
import { type OutcomeRecord, ranks } from './outcome.ts';

const outcomeOfReward = (reward: number | null): OutcomeRecord['outcome'] =>
  reward === null ? 'unknown' : reward >= 1 ? 'resolved' : reward > 0 ? 'partial' : 'unresolved';

/** The trial folder a verifier's file belongs to. */
const trialFolder = (uri: string): string => folderOf(uri).replace(/\/(?:verifier|agent|tests|sessions|logs)$/, '');

/** Harbor's `result.json`: reward, tokens, times and how the agent ended. */
export function outcomeOfHarborTrial(value: unknown, uri: string): OutcomeRecord[] | null {
  if (!isObject(value) || !('trial_name' in value) || !('verifier_result' in value || 'agent_info' in value))
    return null;
  const reward = rewardIn(asObject(asObject(value.verifier_result).rewards));
  const agent = asObject(value.agent_info);
  const model = asObject(agent.model_info);
  const usage = asObject(value.agent_result);
  const exception = asObject(value.exception_info);
  const [input, cached] = [asWhole(usage.n_input_tokens), asWhole(usage.n_cache_tokens)];
  return [
    {
      uri,
      record: 0,
      folder: folderOf(uri),
      scope: 'folder',
      task_id: asText(value.task_name),
      source: 'harbor_result',
      rank: ranks.trial,
      outcome: outcomeOfReward(reward),
      reward,
      failure_mode: asText(exception.exception_type),
      fill: {
        task_id: asText(value.task_name),
        trajectory_id: asText(value.trial_name),
        run_id: asText(asObject(value.config).job_id),
        agent_name: asText(agent.name),
        agent_version: asText(agent.version),
        model_name: asText(model.name) ?? asText(asObject(asObject(value.config).agent).model_name),
        provider_name: asText(model.provider),
        exit_status: asText(exception.exception_type) ?? 'completed',
        prompt_tokens: input === null ? null : (cached ?? 0) > input ? input + cached! : input,
        completion_tokens: asWhole(usage.n_output_tokens),
        cached_tokens: cached,
        cost_usd: asNumber(usage.cost_usd),
        started_at: instant(asObject(value.agent_execution).started_at ?? value.started_at),
        ended_at: instant(asObject(value.agent_execution).finished_at ?? value.finished_at),
      },
    },
  ];
}

/** `reward` where it is named so, else the only number. */
function rewardIn(rewards: JsonObject): number | null {
  const named = asNumber(rewards.reward);
  const numbers = Object.values(rewards)
    .map(asNumber)
    .filter((value) => value !== null);
  return named ?? (numbers.length === 1 ? numbers[0]! : null);
}

/** `reward.json`, or a test report in the Common Test Report Format. */
export function outcomeOfVerifier(value: unknown, uri: string): OutcomeRecord[] | null {
  if (!isObject(value)) return null;
  const base = {
    uri,
    record: 0,
    folder: trialFolder(uri),
    scope: 'folder',
    task_id: null,
    rank: ranks.reward,
  } as const;
  const results = asObject(value.results);
  if (Array.isArray(results.tests) && isObject(results.summary))
    return [{ ...base, source: 'ctrf', rank: ranks.none, outcome: 'unknown', tests: results.tests.map(ctrfTest) }];
  const keys = Object.keys(value);
  if (stemOf(uri) !== 'reward' || keys.length === 0 || keys.length > 8) return null;
  const reward = rewardIn(value);
  return [{ ...base, source: 'reward', outcome: outcomeOfReward(reward), reward }];
}

function ctrfTest(raw: unknown): TestDraft {
  const test = asObject(raw);
  const status =
    test.status === 'passed'
      ? 'passed'
      : test.status === 'skipped' || test.status === 'pending'
        ? 'skipped'
        : test.status === 'failed'
          ? 'failed'
          : 'error';
  return { test_id: asText(test.name) ?? '?', expectation: 'none', status, duration_ms: asNumber(test.duration) };
}

/** `reward.txt`: one number. */
export function outcomeOfRewardText(text: string, uri: string): OutcomeRecord[] | null {
  if (stemOf(uri) !== 'reward' || !/^\s*-?\d+(?:\.\d+)?\s*$/.test(text)) return null;
  const reward = Number(text);
  return [
    {
      uri,
      record: 0,
      folder: trialFolder(uri),
      scope: 'folder',
      task_id: null,
      source: 'reward',
      rank: ranks.reward,
      outcome: outcomeOfReward(reward),
      reward,
    },
  ];
}

/** Terminal-Bench: one trial, or a run with the results of all its trials. */
export function outcomesOfTerminalBench(value: unknown, uri: string): OutcomeRecord[] | null {
  if (!isObject(value)) return null;
  if (isTrial(value)) return [readTrial(value, uri, 0, 'folder')];
  const results = asList(value.results);
  if (results.length === 0 || !results.every(isTrial)) return null;
  return results.map((trial, record) => readTrial(asObject(trial), uri, record, 'task'));
}

const isTrial = (value: unknown): boolean =>
  isObject(value) && 'trial_name' in value && 'is_resolved' in value && 'parser_results' in value;

function readTrial(trial: JsonObject, uri: string, record: number, scope: 'folder' | 'task'): OutcomeRecord {
  const resolved = trial.is_resolved;
  const mode = asText(trial.failure_mode);
  const started = instant(trial.agent_started_at ?? trial.trial_started_at);
  const ended = instant(trial.agent_ended_at ?? trial.trial_ended_at);
  return {
    uri,
    record,
    folder: folderOf(uri),
    scope,
    task_id: asText(trial.task_id),
    trajectory_id: asText(trial.trial_name),
    source: 'terminal_bench',
    rank: scope === 'folder' ? ranks.trial : ranks.final_report,
    outcome: resolved === true ? 'resolved' : resolved === false ? 'unresolved' : 'unknown',
    failure_mode: mode === 'unset' ? null : mode,
    is_infra_failure:
      mode === 'agent_installation_failed' || mode === 'parse_error' || mode === 'test_timeout' ? true : null,
    tests: Object.entries(asObject(trial.parser_results)).map(([test_id, status]) => ({
      test_id,
      expectation: 'none',
      status: status === 'passed' ? 'passed' : 'failed',
    })),
    fill: {
      task_id: asText(trial.task_id),
      exit_status: mode === 'unset' ? 'completed' : mode,
      prompt_tokens: asWhole(trial.total_input_tokens) || null,
      completion_tokens: asWhole(trial.total_output_tokens) || null,
      started_at: started,
      ended_at: ended,
      problem_statement: asText(trial.instruction),
    },
  };
}
