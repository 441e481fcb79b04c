import { workerData } from 'piscina';
import type { Batch, BatchResult } from '../../pipeline/traces/batch.ts';
import { ingestBatch } from '../../pipeline/traces/ingest.ts';
import { Database } from '../../pipeline/warehouse/database.ts';

/** What every worker of an import is given once. */
export interface IngestWorkerData {
  /** Ids of traces that are in the warehouse already. */
  known: readonly string[];
}

const known = new Set((workerData as IngestWorkerData).known);

/**
 * Piscina entry: reads one batch of trace files into parts. The database lives as long as the batch: a thread that is
 * stopped while one opens or stands open takes the whole process down.
 */
export default async (batch: Batch): Promise<BatchResult> => {
  const database = await Database.open({ threads: 1, memory_limit: '512MB' });
  try {
    return await ingestBatch(batch, database, known);
  } finally {
    database.close();
  }
};
