/** Placeholder shape. */
export interface Controllers {
  version: 1 | 2;
  memory: string | null;
  pids: string | null;
}

export const findControllers = (): Controllers | null => null;
