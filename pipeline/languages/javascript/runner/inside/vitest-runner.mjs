/**
 * How vitest runs one test file, in a thread of its own: tests that nobody asked for are taken out once the file is
 * loaded, a canary runs after the others, and each result leaves as it comes.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, TestRunner, test } from 'vitest';

const require = createRequire(import.meta.url);
const { complaintsOf, mustFail } = require('./canary.cjs');
const { failureOf, keepFramesIn } = require('./failure.cjs');
const { job_file, root } = require('./place.cjs');
const { Recorder } = require('./record.cjs');
const { Names, Selection } = require('./selection.cjs');
const { send } = require('./wire.cjs');

const job = JSON.parse(readFileSync(job_file, 'utf8'));
keepFramesIn(job.source_paths);
const selection = new Selection(job.tests, job.deselect);
const files = selection.files(job.test_paths);
const kill = process.kill.bind(process, process.pid, 'SIGKILL');

/** The whole process, not this thread alone. */
const finish = (outcome, detail = null) => {
  send({ kind: 'end', outcome, detail });
  kill();
};

const isFailure = ({ status }) => status !== 'passed' && status !== 'skipped';

const recorder = new Recorder(selection, {
  stop_at_first_failure: job.stop_at_first_failure,
  coverage: job.coverage ? new (require('./mapped-coverage.cjs').MappedCoverage)(job.source_paths) : null,
  onStart: (id) => send({ kind: 'start', id }),
  onResult: (result) => {
    send({ kind: 'result', result });
    if (job.stop_at_first_failure && isFailure(result) && !job.canaries.includes(result.test_id)) finish('complete');
  },
});

export default class Runner extends TestRunner {
  #names = new Names();
  #ids = new Map();
  #reported = new Set();
  #canary;

  constructor(config) {
    super(config);
    // vitest keeps source maps in the thread for debuggers alone; frames and coverage need them too
    config.inspector.openInMainProcess = true;
  }

  async importFile(path, source) {
    const loaded = await super.importFile(path, source);
    if (source !== 'collect') return loaded;
    this.#canary = job.canaries[files.indexOf(path.slice(root.length))];
    if (this.#canary !== undefined) test(this.#canary, () => mustFail(complaintsOf(expect)));
    return loaded;
  }

  onCollected([file]) {
    if (file.result?.state === 'fail') finish('broken', failureOf(file.result.errors[0]).message);
    this.#name(file, file.filepath.slice(root.length), true);
    this.#choose(file);
  }

  #name(parent, id, is_file) {
    for (const task of parent.tasks) {
      const name = is_file ? this.#names.top(id, task.name) : this.#names.child(id, task.name);
      this.#ids.set(task, task.name === this.#canary ? task.name : name);
      if (task.type === 'suite') this.#name(task, name, false);
    }
  }

  #choose(suite) {
    const canary = suite.tasks.filter((task) => this.#ids.get(task) === this.#canary);
    const asked = suite.tasks.filter((task) => !canary.includes(task) && selection.reaches(this.#ids.get(task)));
    for (const task of canary) task.mode = 'run';
    suite.tasks = [...selection.sorted(asked, (task) => this.#ids.get(task)), ...canary];
    for (const task of suite.tasks) if (task.type === 'suite') this.#choose(task);
  }

  async onBeforeRunTask(task) {
    await super.onBeforeRunTask(task);
    recorder.start(this.#ids.get(task));
    if (task.mode !== 'run' && task.mode !== 'queued') this.#end(task, 'skipped', null);
  }

  /** A test that skips itself ends here. */
  async onAfterRetryTask(task, options) {
    await super.onAfterRetryTask?.(task, options);
    if (task.result?.pending || task.result?.state === 'skip') this.#end(task, 'skipped', null);
  }

  onAfterRunTask(task) {
    super.onAfterRunTask(task);
    const failed = task.result.state === 'fail';
    this.#end(task, failed ? 'failed' : 'passed', failed ? failureOf(task.result.errors[0]) : null);
  }

  /** A hook of a whole suite that fails is the fault of each test it kept from running; after them, of the run. */
  async onAfterRunSuite(suite) {
    const [error] = suite.result?.errors ?? [];
    await super.onAfterRunSuite(suite);
    if (!error) return;
    const kept = testsBelow(suite).filter((task) => !this.#reported.has(task));
    if (kept.length === 0) finish('broken', failureOf(error).message);
    for (const task of kept) {
      recorder.start(this.#ids.get(task));
      this.#end(task, 'error', failureOf(error));
    }
  }

  #end(task, status, failure) {
    this.#reported.add(task);
    recorder.end(this.#ids.get(task), status, failure);
  }
}

const testsBelow = ({ tasks }) => tasks.flatMap((task) => (task.type === 'suite' ? testsBelow(task) : [task]));
