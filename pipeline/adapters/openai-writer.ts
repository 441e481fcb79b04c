import * as z from 'zod';
import { DataError } from '../errors.ts';
import { type CardText, namesIn } from '../skills/foreign/cards.ts';
import type { ForeignPattern } from '../skills/foreign/pattern.ts';
import type { WriteCard } from '../skills/foreign/registry.ts';

export interface WriterOptions {
  model: string;
  /** No call is made once this much has been spent. */
  budget_usd: number;
  /** USD per million tokens. */
  price_in: number;
  price_out: number;
  environment: Readonly<Record<string, string | undefined>>;
  fetch: typeof globalThis.fetch;
}

const Card = z.strictObject({
  name: z.string().min(8).max(160),
  description: z.string().min(40).max(1_200),
  applicability: z.string().min(10).max(600),
  operations: z.array(z.string().min(5).max(400)).min(2).max(8),
});

const Reply = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }) })).min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).optional(),
});

const instructions = `You write one skill card for software engineers out of mined evidence about one repository.
Keep every claim to the evidence. Put every file, symbol, command and test in backticks, and use only names that the evidence has.
Name the mistake or the strategy, say when it applies, and list ordered operations. Keep the figures.`;

/**
 * Lets a model behind an OpenAI-compatible endpoint write a card's prose from the miner's evidence. An answer that
 * names anything the evidence does not, is malformed, or comes after the budget is spent leaves the miner's text.
 */
export function openAiWriter(options: WriterOptions): WriteCard & { notes: string[]; spent_usd: () => number } {
  const key = options.environment.OPENAI_API_KEY;
  if (!key)
    throw DataError.of({
      where: '--model',
      expected: 'OPENAI_API_KEY in the environment',
      found: 'nothing',
      fix: 'export it, or leave --model out: the miner writes cards by itself',
    });
  const base = (options.environment.OPENAI_BASE_URL ?? 'https://api.openai.com/v1').replace(/\/$/, '');
  const notes: string[] = [];
  let spent = 0;
  const write: WriteCard = async (pattern, draft) => {
    const own = { text: draft, author: 'miner' };
    if (spent >= options.budget_usd) {
      if (!notes.some((note) => note.startsWith('budget')))
        notes.push(`budget of ${options.budget_usd} USD reached: the miner wrote the rest`);
      return own;
    }
    const reply = await ask(`${base}/chat/completions`, key, options, requestOf(options.model, pattern, draft)).catch(
      (error: Error) => error,
    );
    if (reply instanceof Error) {
      notes.push(`${draft.name}: ${reply.message}`);
      return own;
    }
    spent +=
      ((reply.usage?.prompt_tokens ?? 0) * options.price_in +
        (reply.usage?.completion_tokens ?? 0) * options.price_out) /
      1e6;
    const read = cardIn(reply.choices[0]!.message.content, pattern, draft);
    if ('text' in read) return { text: read.text, author: options.model };
    notes.push(`${draft.name}: ${read.problem}; kept the miner's text`);
    return own;
  };
  return Object.assign(write, { notes, spent_usd: () => spent });
}

/** The request body: deterministic, so that a recorded answer can be found again. */
export function requestOf(model: string, pattern: ForeignPattern, draft: CardText): object {
  const evidence = {
    repository: pattern.repo,
    kind: pattern.kind,
    about: pattern.about,
    figures: {
      attempts: pattern.evidence.length,
      tasks: [...pattern.task_ids].sort(),
      rate: pattern.rate,
      base: pattern.base,
      lift: [pattern.lift_low, pattern.lift, pattern.lift_high],
    },
    facts: pattern.facts,
    steps: pattern.evidence.slice(0, 12).map((entry) => ({
      step: `${entry.attempt.trace_id}#${entry.step_id}`,
      model: entry.attempt.model,
      outcome: entry.attempt.outcome,
      note: entry.note,
    })),
    draft,
  };
  return {
    model,
    temperature: 0,
    messages: [
      { role: 'system', content: instructions },
      { role: 'user', content: JSON.stringify(evidence) },
    ],
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'skill_card', strict: true, schema: z.toJSONSchema(Card) },
    },
  };
}

async function ask(url: string, key: string, { fetch }: WriterOptions, body: object): Promise<z.infer<typeof Reply>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(120_000),
  });
  if (!response.ok) throw new Error(`the endpoint answered ${response.status}`);
  const reply = Reply.safeParse(await response.json());
  if (!reply.success)
    throw new Error(`the endpoint's answer is not a chat completion: ${reply.error.issues[0]!.message}`);
  return reply.data;
}

/** A card whose every name the evidence knows, or what is wrong with it. */
function cardIn(
  content: string | null,
  pattern: ForeignPattern,
  draft: CardText,
): { text: CardText } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(content ?? '');
  } catch {
    return { problem: 'the answer is no JSON' };
  }
  const parsed = Card.safeParse(value);
  if (!parsed.success)
    return { problem: `${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}` };
  const text = parsed.data;
  const { facts } = pattern;
  const known = [
    ...namesIn([draft.description, draft.applicability, ...draft.operations].join(' ')),
    ...facts.right,
    ...facts.wrong,
    ...facts.words_added,
    ...facts.words_instead,
    ...facts.test_commands,
    ...facts.issue_words,
    ...facts.left_failing,
    facts.what,
    pattern.repo,
  ];
  const invented = namesIn([text.description, text.applicability, ...text.operations].join(' ')).find(
    (name) => !known.some((word) => word === name || word.includes(name)),
  );
  return invented ? { problem: `names \`${invented}\`, which the evidence does not` } : { text };
}
