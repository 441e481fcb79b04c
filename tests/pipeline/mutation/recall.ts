import {
  applyEdit,
  type CandidateEdit,
  enumerateBugs,
  enumerateRepairs,
  type SourceFunction,
  type SourceModule,
  type Syntax,
} from '../../../pipeline/mutation/index.ts';
import { walk } from '../../../pipeline/mutation/nodes.ts';
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
  lines: number[];
  /** Bugs and repairs whose text no longer parses, out of those looked at. */
  unparsable: string[];
  parsed: number;
  missed: { operator: string; detail: string; old: string; replacement: string; line: number; function_name: string }[];
}

/** Text without blanks, line breaks and line continuations. */
export const flattened = (text: string): string => text.replace(/\\\r?\n|\s+/g, '');

/** What blanks mean in Python: the column of every statement. */
function columns(module: SourceModule): string {
  const found: number[] = [];
  walk(module.root, (node) => {
    if (node.is_statement) found.push(node.start - 1 - module.text.lastIndexOf('\n', node.start - 1));
  });
  return module.language === 'python' ? found.join() : '';
}

/** Breaks functions of a file in every `stride`-th way and counts how often a repair restores them. */
export function measureRecall(
  syntax: Syntax,
  language: Language,
  path: string,
  text: string,
  stride: number,
  report: RecallReport,
  only: (bug: CandidateEdit) => boolean = () => true,
): void {
  const module = syntax.parse(language, path, text);
  if (module.has_error) return;
  for (const fn of module.functions) {
    const bugs = enumerateBugs(module, fn);
    report.bug_counts.push(bugs.length);
    const started = performance.now();
    report.repair_counts.push(enumerateRepairs(module, fn).length);
    report.repair_ms.push(performance.now() - started);
    report.lines.push(fn.last_line - fn.first_line + 1);
    const seen = new Map<string, number>();
    for (const bug of bugs) {
      const nth = seen.get(bug.operator) ?? 0;
      seen.set(bug.operator, nth + 1);
      if (only(bug) && (nth + fn.start) % stride === 0) tryBug(syntax, module, fn, bug, report);
    }
  }
}

function tryBug(
  syntax: Syntax,
  module: SourceModule,
  fn: SourceFunction,
  bug: CandidateEdit,
  report: RecallReport,
): void {
  const { language, path, text } = module;
  const broken_text = applyEdit(text, bug);
  const broken = syntax.parse(language, path, broken_text);
  report.parsed++;
  if (broken.has_error) {
    report.unparsable.push(`bug ${bug.operator} ${path}:${bug.line} ${bug.old} -> ${bug.replacement}`);
    return;
  }
  const same = broken.functions.find((f) => f.name === fn.name);
  const is_undone = same !== undefined && restores(syntax, broken, same, module, fn);
  const family = report.families.get(bug.operator) ?? { bugs: 0, undone: 0 };
  report.families.set(bug.operator, { bugs: family.bugs + 1, undone: family.undone + Number(is_undone) });
  if (!is_undone) report.missed.push(bug);
}

function restores(
  syntax: Syntax,
  broken: SourceModule,
  fn: SourceFunction,
  original: SourceModule,
  original_fn: SourceFunction,
): boolean {
  const body = broken.text.slice(fn.start, fn.end);
  const wanted = flattened(original.text.slice(original_fn.start, original_fn.end));
  return enumerateRepairs(broken, fn).some((e) => {
    const after = applyEdit(body, { start: e.start - fn.start, end: e.end - fn.start, replacement: e.replacement });
    if (flattened(after) !== wanted) return false;
    const repaired = syntax.parse(broken.language, broken.path, applyEdit(broken.text, e));
    return columns(repaired) === columns(original);
  });
}

export const emptyReport = (): RecallReport => ({
  families: new Map(),
  repair_counts: [],
  bug_counts: [],
  repair_ms: [],
  lines: [],
  unparsable: [],
  parsed: 0,
  missed: [],
});

/** Share of bugs undone, over all bugs and as the mean over families. */
export function overall({ families }: RecallReport): { by_bug: number; by_family: number; bugs: number } {
  const rows = [...families.values()];
  const bugs = rows.reduce((sum, row) => sum + row.bugs, 0);
  const undone = rows.reduce((sum, row) => sum + row.undone, 0);
  const means = rows.reduce((sum, row) => sum + row.undone / row.bugs, 0);
  return { by_bug: undone / bugs, by_family: means / rows.length, bugs };
}
