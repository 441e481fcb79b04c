import type { Scope } from './scope.ts';

/** Parameter names of a function or method of the module by plain name, without the receiver. Empty when unknown. */
export function calleeParameters(callee: string, { tables, dialect }: Scope): readonly string[] {
  const parameters = tables.signatures.get(callee) ?? tables.constructors.get(callee) ?? [];
  return dialect.self_names.includes(parameters[0] ?? '') ? parameters.slice(1) : parameters;
}
