/**
 * A limit of time is meant for a run that has the machine for itself. Beside others the same run takes longer, and must
 * come to the same end: processor time and idleness count, and only this bounds what a busy machine may add.
 */
export const longestWall = (wall_ms: number): number => Math.max(wall_ms + 60_000, 4 * wall_ms);
