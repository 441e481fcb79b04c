import { describe, expect, it } from 'vitest';
import { openAiWriter, requestOf } from '../../../pipeline/adapters/openai-writer.ts';
import { sha256 } from '../../../pipeline/hash.ts';
import { foreignCard } from '../../../pipeline/skills/foreign/cards.ts';
import { mineForeign } from '../../../pipeline/skills/foreign/patterns.ts';
import { shop } from '../skills/foreign/planted.ts';

const pattern = mineForeign(shop(), { support: 2, z: 0.1 }).find((candidate) => candidate.about === 'wrong_place')!;
const draft = foreignCard(pattern);
const good = {
  name: 'own/shop: the rounding rule sits in price.py',
  description:
    'Attempts change `shop/views.py::show_basket` although every repair changes `shop/price.py::total_price`; lift 1.7.',
  applicability: 'A wrong amount that shows in `shop/views.py::show_basket`.',
  operations: ['open `shop/price.py::total_price` first', 'run `python -m pytest`'],
};

/** A cassette: recorded answers, found again by the digest of the request; anything else is refused. */
function cassette(answers: unknown[]): {
  fetch: typeof globalThis.fetch;
  requests: { url: string; body: string; key: string | null }[];
} {
  const requests: { url: string; body: string; key: string | null }[] = [];
  const left = [...answers];
  const fetch = async (url: unknown, init?: RequestInit) => {
    requests.push({ url: String(url), body: String(init?.body), key: new Headers(init?.headers).get('authorization') });
    const answer = left.shift();
    if (answer === undefined) throw new Error('nothing recorded for this request');
    if (typeof answer === 'number') return new Response('', { status: answer });
    const content = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return Response.json({
      choices: [{ message: { content } }],
      usage: { prompt_tokens: 1_000, completion_tokens: 500 },
    });
  };
  return { fetch: fetch as typeof globalThis.fetch, requests };
}

const options = (fetch: typeof globalThis.fetch, over: object = {}) => ({
  model: 'writer-1',
  budget_usd: 1,
  price_in: 1,
  price_out: 2,
  environment: { OPENAI_API_KEY: 'key', OPENAI_BASE_URL: 'http://host/v1/' },
  fetch,
  ...over,
});

describe('prose by a model', () => {
  it('asks for a card in a schema, from the same evidence, and takes a good answer', async () => {
    const tape = cassette([good]);
    const write = openAiWriter(options(tape.fetch));
    expect(await write(pattern, draft)).toEqual({ text: good, author: 'writer-1' });
    expect(tape.requests[0]).toMatchObject({ url: 'http://host/v1/chat/completions', key: 'Bearer key' });
    const body = JSON.parse(tape.requests[0]!.body);
    expect(body.response_format.json_schema.schema.required).toEqual([
      'name',
      'description',
      'applicability',
      'operations',
    ]);
    expect(body.messages[1].content).toContain(pattern.evidence[0]!.attempt.trace_id);
    expect(write.spent_usd()).toBeCloseTo(0.002, 9);
  });

  it('asks the same twice for the same evidence', () => {
    expect(sha256(JSON.stringify(requestOf('m', pattern, draft)))).toBe(
      sha256(JSON.stringify(requestOf('m', pattern, draft))),
    );
  });

  it.each([
    [
      'a name that the evidence does not have',
      { ...good, operations: ['open `shop/price.py::total_price`', 'call `fix_everything()`'] },
      /names `fix_everything\(\)`/,
    ],
    ['text that is no JSON', 'Sure! Here is the card', /no JSON/],
    ['a card without operations', { ...good, operations: [] }, /operations/],
    ['an endpoint that is down', 503, /answered 503/],
  ])("keeps the miner's text after %s", async (_name, answer, note) => {
    const write = openAiWriter(options(cassette([answer]).fetch));
    expect(await write(pattern, draft)).toEqual({ text: draft, author: 'miner' });
    expect(write.notes.join('\n')).toMatch(note);
  });

  it('stops asking when the budget is spent', async () => {
    const tape = cassette([good, good, good]);
    const write = openAiWriter(options(tape.fetch, { budget_usd: 0.003 }));
    for (let i = 0; i < 4; i++) await write(pattern, draft);
    expect(tape.requests).toHaveLength(2);
    expect(write.notes).toEqual(['budget of 0.003 USD reached: the miner wrote the rest']);
  });

  it('says which variable is missing', () => {
    expect(() => openAiWriter({ ...options(cassette([]).fetch), environment: {} })).toThrow(/OPENAI_API_KEY/);
  });
});
