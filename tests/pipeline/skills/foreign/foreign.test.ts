import { describe, expect, it } from 'vitest';
import { foreignCard, namesIn } from '../../../../pipeline/skills/foreign/cards.ts';
import { hunksOf, placeOf } from '../../../../pipeline/skills/foreign/patch-symbols.ts';
import { mineForeign } from '../../../../pipeline/skills/foreign/patterns.ts';
import { foreignRegistry } from '../../../../pipeline/skills/foreign/registry.ts';
import { folderName, skillMarkdown } from '../../../../pipeline/skills/foreign/skill-md.ts';
import { NameIndex, tooGeneral } from '../../../../pipeline/skills/foreign/specific.ts';
import { testForm } from '../../../../pipeline/skills/foreign/words.ts';
import { attempt, patch, shop } from './planted.ts';

const settings = { support: 2, z: 0.1 };
const registry = { similarity: 0.7, new_traces: 1, most: 10, round: 1 };
const about = (kind: string, attempts = shop()) =>
  mineForeign(attempts, settings).filter((pattern) => pattern.about === kind);

describe('contrasts between attempts at one task', () => {
  it('finds who changed another place than every repair, and whether they had seen the right one', () => {
    const [pattern] = about('wrong_place');
    expect(pattern!.facts).toMatchObject({
      right: ['shop/price.py::total_price'],
      wrong: ['shop/views.py::show_basket'],
      opened: 1,
      peers: 2,
    });
    expect(pattern!.evidence.map((entry) => entry.step_id)).toEqual([5]);
    const card = foreignCard(pattern!);
    expect(card.description).toMatch(
      /1 attempt at own__shop-1 .*never `shop\/price.py::total_price`, which 2 attempts/,
    );
    expect(card.operations.join('\n')).toContain('run the tests with `python -m pytest`');
  });

  it('finds the word that every repair adds and the failed attempt lacks', () => {
    const [pattern] = about('wrong_repair');
    expect(pattern!.facts).toMatchObject({ words_added: ['round_half_up'], words_instead: ['int_floor'] });
  });

  it('says nothing where nobody has resolved the task, or only one attempt has', () => {
    expect(
      about(
        'wrong_place',
        shop().filter((a) => a.outcome !== 'success'),
      ),
    ).toEqual([]);
    expect(about('wrong_place', shop().slice(1))).toEqual([]);
  });
});

describe('patterns of a repository', () => {
  const refused = (i: number) =>
    attempt({
      task_id: `own__shop-${i}`,
      errors: [3, 4].map((step_id) => ({
        step_id,
        tool: 'edit',
        error_class: 'edit_refused',
        path: 'shop/price.py',
        command: null,
        result: 'ERRORS:\n- E999 IndentationError: unexpected indent\n',
      })),
    });

  it('refused edits name the file and the reason', () => {
    const [pattern] = about('refused_edit', [...shop(), refused(20), refused(21)]);
    expect(pattern!.facts).toMatchObject({
      wrong: ['shop/price.py'],
      what: 'E999 IndentationError: unexpected indent',
    });
    expect(pattern!.task_ids.size).toBe(2);
  });

  it('half repairs name the tests that stay red', () => {
    const partial = attempt({
      outcome: 'partial',
      patch: patch('shop/tax.py', 'vat', 'x'),
      left_failing: ['t::vat_zero'],
    });
    const [pattern] = about('unfinished', [...shop(), partial, { ...partial, trace_id: 'trace_9999' }]);
    expect(foreignCard(pattern!).description).toContain('`t::vat_zero` stay red');
  });

  it('fruitful places need successes beyond those of the repository', () => {
    const wins = [1, 2, 3].map((i) =>
      attempt({
        task_id: `own__shop-${30 + i}`,
        outcome: 'success',
        patch: patch('shop/cart.py', 'merge', 'return dedupe(lines)'),
      }),
    );
    const [pattern] = about('fruitful_place', [...shop(), ...wins]);
    expect(pattern!.key).toMatch(/^shop\/cart\.py/);
    expect(pattern!.lift).toBeGreaterThan(1.5);
    expect(pattern!.lift_low).toBeLessThan(pattern!.lift);
  });

  it.each([
    ['cd /x && python tests/runtests.py model_fields -v 2', 'python tests/runtests.py'],
    ['PYTHONPATH=. pytest -q tests/a.py | tail', 'pytest'],
    ['mvn -q test -Dtest=A', 'mvn -q test'],
    ['python reproduce.py', null],
  ])('%s runs tests with %s', (command, form) => {
    expect(testForm(command)).toBe(form);
  });
});

describe('cards', () => {
  it('are refused when their text would fit any repository', () => {
    const attempts = [
      ...shop(),
      attempt({ repo: 'other/lib', touches: [{ path: 'setup.py', first_open_step: 1, first_edit_step: 2 }] }),
    ];
    const [pattern] = about('wrong_place');
    const index = new NameIndex(attempts);
    const card = foreignCard(pattern!);
    expect(tooGeneral(card, pattern!, index)).toBeNull();
    const vague = {
      ...card,
      description: 'bad at `edge cases` in `setup.py`',
      applicability: 'always',
      operations: ['think about `edge cases`', 'test more'],
    };
    expect(tooGeneral(vague, pattern!, index)).toBe('names nothing that only own/shop has');
    expect(tooGeneral({ ...card, operations: ['be careful', 'test more'] }, pattern!, index)).toBe(
      'its operations name nothing of the repository',
    );
    expect(tooGeneral({ ...card, operations: [card.operations[0]!] }, pattern!, index)).toBe(
      'one operation is no skill',
    );
  });

  it('carry lineage over rounds: new, carried, retired', async () => {
    const patterns = mineForeign(shop(), settings);
    const first = await foreignRegistry(patterns, shop(), [], registry);
    expect(first.skills.length).toBeGreaterThan(1);
    expect(new Set(first.skills.map((skill) => skill.lineage))).toEqual(new Set(['new']));
    const again = await foreignRegistry(patterns.slice(1), shop(), first.skills, { ...registry, round: 2 });
    const lineages = again.skills.map((skill) => skill.lineage);
    expect(lineages).toContain('carried');
    expect(lineages).toContain('retired');
    expect(again.skills.every((skill) => skill.first_round === 1)).toBe(true);
  });

  it('are merged when they rest on the same traces, and each must cover something new', async () => {
    const wins = [1, 2, 3].map((i) =>
      attempt({
        task_id: `own__shop-${30 + i}`,
        outcome: 'success',
        patch: patch('shop/cart.py', 'merge', 'return dedupe(lines)'),
      }),
    );
    const all = [...shop(), ...wins];
    const patterns = about('fruitful_place', all);
    expect(patterns.length).toBe(2);
    expect((await foreignRegistry(patterns, all, [], registry)).skills).toHaveLength(1);
  });

  it('cite trace and step, and become SKILL.md', async () => {
    const { skills } = await foreignRegistry(about('wrong_place'), shop(), [], registry);
    const [skill] = skills;
    expect(skill!.evidence_steps[0]).toMatch(/^trace_\d+#5$/);
    const text = skillMarkdown(skill!);
    expect(text).toMatch(/^---\nname: [a-z0-9-]{1,64}\ndescription: ".*"\n---\n# /);
    expect(text).toContain(skill!.evidence_steps[0]);
    expect(folderName(skill!)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(namesIn(text)).toContain('shop/price.py::total_price');
  });
});

describe('symbols in patches', () => {
  it('are the nearest definition above the change, whatever the language', () => {
    const diff =
      'diff --git a/src/a.go b/src/a.go\n--- a/src/a.go\n+++ b/src/a.go\n@@ -1,5 +1,5 @@ package main\n func (s *Server) Close() error {\n-\treturn nil\n+\treturn s.conn.Shutdown()\n }\n';
    expect(hunksOf(diff).map(placeOf)).toEqual(['src/a.go::Close']);
    expect([...hunksOf(diff)[0]!.added]).toContain('s.conn.Shutdown');
  });
  it('leave out tests, scratch files and documents', () => {
    const files = ['tests/test_a.py', 'reproduce.py', 'docs/x.rst', 'shop/price.py'];
    const diff = files.map((path) => patch(path, 'f', 'x')).join('');
    expect(hunksOf(diff).map((hunk) => hunk.path)).toEqual(['shop/price.py']);
  });
});
