export { applyEdit, applyEdits, editBetween } from './edits.ts';
export { enumerateBugs, enumerateRepairs } from './enumerate.ts';
export { applyPatch, patchedPaths, unifiedDiff } from './patch.ts';
export { loadSyntax } from './syntax.ts';
export type * from './types.ts';
