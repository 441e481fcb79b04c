import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymiseHomes, redact } from '../../../pipeline/traces/redact.ts';
import { imported } from './rig.ts';

const letters = 'A1b2C3d4E5f6G7h8J9k0L1m2N3p4Q5r6S7t8U9v0';
/** Assembled here, so that no scanner takes this file for a leak. */
const secrets: Record<string, string> = {
  sk_key: `sk-${letters.slice(0, 32)}`,
  project_key: `sk-proj-${letters}`,
  masked_key: `sk-${'X'.repeat(40)}`,
  anthropic: `sk-ant-api03-${letters}`,
  github: `ghp_${letters.slice(0, 36)}`,
  github_fine: `github_pat_${letters}`,
  gitlab: `glpat-${letters.slice(0, 20)}`,
  huggingface: `hf_${letters.slice(0, 34)}`,
  aws: `AKIA${'ABCDEFGHIJ234567'}`,
  google: `AIza${letters.slice(0, 35)}`,
  slack: `xoxb-${letters.slice(0, 24)}`,
  npm: `npm_${letters.slice(0, 36)}`,
  stripe: `sk_live_${letters.slice(0, 24)}`,
  jwt: `eyJ${letters.slice(0, 12)}.eyJ${letters.slice(0, 20)}.${letters.slice(0, 20)}`,
  bearer: `Authorization: Bearer ${letters}`,
  url: 'https://ada:hunter2hunter@db.example.org/x',
  assigned: `API_KEY=${letters.slice(0, 32)}`,
  pem: `-----BEGIN RSA PRIVATE KEY-----\n${letters}\n${letters}==\n-----END RSA PRIVATE KEY-----`,
};

describe('redaction', () => {
  it.each(Object.entries(secrets))('overwrites %s in text and in JSON', (_name, secret) => {
    for (const text of [
      `before ${secret} after`,
      JSON.stringify({ a: `x ${secret} y`, b: [1] }),
      JSON.stringify({ a: JSON.stringify({ b: secret }) }),
    ]) {
      const { bytes, counts } = redact(Buffer.from(text));
      const clean = bytes.toString('utf8');
      expect(Object.values(counts)).toEqual([1]);
      expect(clean).toMatch(/\[redacted \w+\]/);
      expect(clean).not.toContain(letters.slice(0, 16));
      expect(clean).not.toContain('hunter2');
      if (text.startsWith('{')) expect(() => JSON.parse(clean)).not.toThrow();
    }
  });

  it.each([
    'task-specific-configuration-settings',
    'risk-of-something-long-enough-here',
    'password=get_password_from_environment',
    'https://example.org:8080/a@b',
    'token = tokenizer.convert_ids_to_tokens(ids)',
    'sk-learn-contrib-something-else-here',
    'key: "max_completion_tokens_per_request"',
  ])('leaves %s alone', (text) => {
    expect(redact(Buffer.from(text)).bytes.toString()).toBe(text);
  });

  it('keeps any JSON JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...Object.values(secrets)))), (parts) => {
        const clean = redact(
          Buffer.from(JSON.stringify({ parts, joined: parts.join('') }).toWellFormed()),
        ).bytes.toString('utf8');
        expect(() => JSON.parse(clean)).not.toThrow();
      }),
    );
  });

  it('keeps secrets out of every table, and counts them', async () => {
    const planted = Object.values(secrets);
    const chat = {
      instance_id: 'o__r-1',
      api_key: secrets.sk_key,
      messages: [
        { role: 'user', content: planted.join(' ; ') },
        {
          role: 'assistant',
          content: 'x',
          tool_calls: [
            {
              id: 'c',
              type: 'function',
              function: { name: 'bash', arguments: JSON.stringify({ command: `export K=${secrets.github}` }) },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'c', content: secrets.pem! },
      ],
    };
    await imported({ 'x.json': chat }, async ({ rows, summary }) => {
      expect(summary.redactions).toBeGreaterThanOrEqual(planted.length);
      for (const table of ['traces', 'steps', 'tool_calls', 'imported_answer_keys', 'ingest_rejects']) {
        const text = JSON.stringify(await rows(`select * from ${table}`));
        for (const secret of planted) expect(text).not.toContain(secret.slice(10, 30));
      }
      expect(await rows('select quality_flags from traces')).toMatchObject([
        { quality_flags: expect.stringContaining('redacted') },
      ]);
    });
  });

  it('hides user names in home paths on request', async () => {
    expect(anonymiseHomes('/home/ada/x /Users/bob/y C:\\\\Users\\\\eve\\\\z /home/user/k')).toBe(
      '/home/user/x /Users/user/y C:\\\\Users\\\\user\\\\z /home/user/k',
    );
    await imported(
      { 'x.json': { messages: [{ role: 'user', content: 'see /home/ada/secret' }] } },
      async ({ rows }) => {
        expect(JSON.stringify(await rows('select * from steps'))).not.toContain('ada');
      },
      { anonymise: true },
    );
  });
});

describe('the wall', () => {
  it('seals gold patches and hidden tests, wherever they rode along', async () => {
    const gold = {
      patch: 'CANARY-GOLD',
      test_patch: 'CANARY-TESTS',
      FAIL_TO_PASS: '["t::CANARY"]',
      PASS_TO_PASS: [],
      hints_text: 'CANARY-HINT',
      instance_id: 'o__r-1',
      repo: 'o/r',
      problem_statement: 'broken',
      base_commit: 'c',
    };
    const events = [{ id: 0, source: 'user', action: 'message', message: 'go', args: { content: 'go' } }];
    await imported(
      {
        'oh/output.jsonl': `${JSON.stringify({ instance_id: 'o__r-1', history: events, instance: gold, metadata: {}, metrics: {}, test_result: { git_patch: 'p' } })}\n`,
        'ng/rollouts.jsonl': `${JSON.stringify({ responses_create_params: { input: [], metadata: { instance_id: 'o__r-2', instance_dict: JSON.stringify(gold) } }, response: { output: [] }, reward: 1 })}\n`,
        'rows.jsonl': `${JSON.stringify({ ...gold, messages: [{ role: 'user', content: 'go' }], metadata: { reference_patch: 'CANARY-GOLD' }, hf_dataset_name: 'd', resolved: 0 })}\n`,
        'acr/run/applicable_patch/o__r-3/meta.json': { task_id: 'o__r-3', setup_info: {}, task_info: gold },
        'acr/run/applicable_patch/o__r-3/conversation_round_0.json': [
          { role: 'system', content: 's' },
          { role: 'user', content: '<issue>x</issue>' },
        ],
      },
      async ({ rows, summary }) => {
        expect(summary).toMatchObject({ traces: 4, answer_keys: 4, rejects: 0 });
        for (const table of [
          'traces',
          'steps',
          'tool_calls',
          'test_outcomes',
          'outcomes',
          'import_sources',
          'ingest_rejects',
        ]) {
          expect(JSON.stringify(await rows(`select * from ${table}`))).not.toContain('CANARY');
        }
        expect(
          await rows(
            "select count(*)::integer as n from imported_answer_keys where gold_patch = 'CANARY-GOLD' and test_patch = 'CANARY-TESTS'",
          ),
        ).toEqual([{ n: 4 }]);
      },
    );
  });
});
