import type { Edit } from '../pipeline/ports.ts';
import type { Ground, Site } from '../pipeline/tasks/ground.ts';

/** 1-based line of an edit in the pristine text. */
export const lineOf = ({ sources }: Ground, { path, start }: Edit): number =>
  sources.get(path)!.slice(0, start).split('\n').length;

/** A hand-made bug as a site; its function is the one that holds it, or the module's first. */
export function siteOf(ground: Ground, bug: Edit, operator = 'planted'): Site {
  const { functions } = ground.modules.get(bug.path)!;
  const fn = functions.find((f) => f.start <= bug.start && bug.end <= f.end) ?? functions[0]!;
  const text = ground.sources.get(bug.path)!;
  return {
    repository_id: ground.repository.repository_id,
    function: fn,
    edit: {
      ...bug,
      operator,
      detail: '',
      line: lineOf(ground, bug),
      old: text.slice(bug.start, bug.end),
      context: 'other',
      parent: 'other',
      statement: 'other',
      left: '',
      right: '',
      function_name: fn.name,
    },
  };
}
