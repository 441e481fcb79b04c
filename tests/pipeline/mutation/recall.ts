import { applyEdit, enumerateBugs, enumerateRepairs, type SourceFunction, type Syntax } from '../../../pipeline/mutation/index.ts';
import type { Language } from '../../../pipeline/ports.ts';

/** One family's share of bugs that a single enumerated repair undoes. */
export interface FamilyRecall {
  bugs: number;
  undone: number;
}

export interface RecallReport {
  families: Map<string, FamilyRecall>;
  /** Repairs proposed per looked-at broken function. */
  repair_counts: number[];
  bug_counts: number[];
  repair_ms: number[];
  /** Bugs and repairs whose text no longer parses, out of those looked at. */
  unparsable: string[];
  parsed: number;
  missed: { operator: string; detail: string; old: string; replacement: string; line: number; function_name: string }[];
}

/** Text that may differ in blanks inside a line but not in indentation or line breaks. */
export const flattened = (text: string, language: Language): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => (language === 'python' ? /^\s*/.exec(line)![0] : '') + line.replace(/\s+/g, ''))
    .join(language === 'python' ? '\n' : '');

/** Breaks functions of a file in every `stride`-th way and counts how often a repair restores them. */
export function measureRecall(syntax: Syntax, language: Language, path: string, text: string, stride: number, report: RecallReport): void {
  const module = syntax.parse(language, path, text);
  if (module.has_error) return;
  const original = flattened(text, language);
  let at = 0;
  for (const fn of module.functions) {
    const bugs = enumerateBugs(module, fn);
    report.bug_counts.push(bugs.length);
    const seen = new Map<string, number>();
    for (const bug of bugs) {
      const nth = seen.get(bug.operator) ?? 0;
      seen.set(bug.operator, nth + 1);
      if ((nth + at++) % stride !== 0) continue;
      const broken_text = applyEdit(text, bug);
      const broken = syntax.parse(language, path, broken_text);
      report.parsed++;
      if (broken.has_error) {
        report.unparsable.push(`bug ${bug.operator} ${path}:${bug.line} ${bug.old} -> ${bug.replacement}`);
        continue;
      }
      const same = broken.functions.find((f: SourceFunction) => f.name === fn.name);
      if (!same) continue;
      const started = performance.now();
      const repairs = enumerateRepairs(broken, same);
      report.repair_ms.push(performance.now() - started);
      report.repair_counts.push(repairs.length);
      const length = original.length;
      const is_undone = repairs.some((repair) => {
        if (Math.abs(broken_text.length - repair.old.length + repair.replacement.length - text.length) > 200) return false;
        const after = flattened(applyEdit(broken_text, repair), language);
        return after.length === length && after === original;
      });
      const family = report.families.get(bug.operator) ?? { bugs: 0, undone: 0 };
      report.families.set(bug.operator, { bugs: family.bugs + 1, undone: family.undone + Number(is_undone) });
      if (!is_undone) report.missed.push(bug);
    }
  }
}

export const emptyReport = (): RecallReport => ({
  families: new Map(),
  repair_counts: [],
  bug_counts: [],
  repair_ms: [],
  unparsable: [],
  parsed: 0,
  missed: [],
});
