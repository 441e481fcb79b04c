import type { PolicyRow } from '../../schemas/policies.ts';
import { sha256 } from '../hash.ts';
import type { ObjectStore } from '../ports.ts';
import { type Checkpoint, checkpointBytes, checkpointId, readCheckpoint } from '../training/checkpoint.ts';

/** Stores a checkpoint under its digest. */
export async function storeCheckpoint(
  checkpoint: Checkpoint,
  objects: ObjectStore,
): Promise<Pick<PolicyRow, 'policy_id' | 'kind' | 'parameter_count' | 'parameters_sha256' | 'location'>> {
  const bytes = checkpointBytes(checkpoint);
  const digest = sha256(bytes);
  const location = `checkpoints/${digest}.bin`;
  await objects.put(location, bytes);
  return {
    policy_id: checkpointId(bytes),
    kind: checkpoint.policy.kind,
    parameter_count: checkpoint.policy.parameterCount,
    parameters_sha256: digest,
    location,
  };
}

/** The one checkpoint of a round. */
export async function loadCheckpoint(
  rows: readonly PolicyRow[],
  objects: ObjectStore,
): Promise<Checkpoint & { row: PolicyRow }> {
  const [row] = rows;
  if (!row) throw new Error('table policies is empty: the round before left no checkpoint');
  return { row, ...readCheckpoint(await objects.get(row.location), row.location) };
}
