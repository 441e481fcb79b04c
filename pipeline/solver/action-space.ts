/** Hashed features of every action: those of action `a` are `ids[offsets[a] .. offsets[a + 1])`. */
export interface ActionFeatures {
  ids: Uint32Array;
  offsets: Uint32Array;
}

/** A partition of the actions. Members of group `g` are `members[offsets[g] .. offsets[g + 1])`, ascending. */
export interface ActionGroups {
  /** Group of each action. Opens have groups of their own. */
  of: Uint32Array;
  members: Uint32Array;
  offsets: Uint32Array;
}

/** What the simulator needs to know of a task's actions: opens first, then the edits of each function in turn. */
export interface ActionSpace {
  size: number;
  /** Action `f < function_count` opens function `f`. */
  function_count: number;
  /** Edits of function `f` are actions `ranges[f] .. ranges[f + 1]`. */
  ranges: Uint32Array;
  /** Function that an action opens or edits. */
  function_of: Uint32Array;
  /** Edits on the same line, by the same operator, of the same span. */
  lines: ActionGroups;
  operators: ActionGroups;
  sites: ActionGroups;
  features: ActionFeatures;
}

/** Where an edit acts; equal keys are one group. */
export interface EditPlace {
  line: number;
  operator: string;
  /** Any key of the edited span. */
  site: string;
}

/** Lays out the actions of a task. `features` must have one entry per action in the same order. */
export function actionSpace(edits: readonly (readonly EditPlace[])[], features: ActionFeatures): ActionSpace {
  const function_count = edits.length;
  const ranges = new Uint32Array(function_count + 1);
  ranges[0] = function_count;
  for (const [f, list] of edits.entries()) ranges[f + 1] = ranges[f]! + list.length;
  const size = ranges[function_count]!;
  if (features.offsets.length !== size + 1) {
    throw new RangeError(`features of ${features.offsets.length - 1} actions given for ${size} actions`);
  }
  const function_of = Uint32Array.from({ length: size }, (_, a) => a);
  for (let f = 0; f < function_count; f++) function_of.fill(f, ranges[f], ranges[f + 1]);
  const places = edits.flatMap((list, f) => list.map((place) => ({ ...place, f })));
  const group = (key: (place: EditPlace & { f: number }) => string) =>
    groupActions([...Array.from({ length: function_count }, (_, f) => `open ${f}`), ...places.map(key)]);
  return {
    size,
    function_count,
    ranges,
    function_of,
    lines: group(({ f, line }) => `line ${f} ${line}`),
    operators: group(({ operator }) => `operator ${operator}`),
    sites: group(({ f, site }) => `site ${f} ${site}`),
    features,
  };
}

/** Whether an action opens a function rather than editing one. */
export const isOpen = (space: ActionSpace, action: number): boolean => action < space.function_count;

function groupActions(keys: readonly string[]): ActionGroups {
  const numbers = new Map<string, number>();
  const of = Uint32Array.from(keys, (key) => {
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  });
  const offsets = new Uint32Array(numbers.size + 1);
  for (const group of of) offsets[group + 1]!++;
  for (let g = 0; g < numbers.size; g++) offsets[g + 1]! += offsets[g]!;
  const next = offsets.slice();
  const members = new Uint32Array(keys.length);
  for (const [action, group] of of.entries()) members[next[group]!++] = action;
  return { of, members, offsets };
}
