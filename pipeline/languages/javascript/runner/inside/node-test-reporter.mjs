/**
 * Hands node:test's events to the cold run in the same process. Not as a reporter usually reads them, from the stream:
 * a test that never returns would keep back all that had been reported before it.
 */
import { createRequire } from 'node:module';
import { Transform } from 'node:stream';

const { listen, onEnd } = createRequire(import.meta.url)('./node-test-cold.cjs');

export default class Reporter extends Transform {
  constructor() {
    super({ writableObjectMode: true });
    this.once('pipe', listen);
  }

  _transform(_event, _encoding, done) {
    done();
  }

  _flush(done) {
    onEnd();
    done();
  }
}
