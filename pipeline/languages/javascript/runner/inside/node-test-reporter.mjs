/** Hands node:test's event stream to the cold run in the same process. */
import { createRequire } from 'node:module';

const { onEvent, onEnd } = createRequire(import.meta.url)('./node-test-cold.cjs');

export default async function* report(events) {
  for await (const event of events) onEvent(event);
  onEnd();
  yield '';
}
