import type { RepositorySnapshot } from '../../pipeline/ports.ts';

type PlantedLanguage = 'python' | 'javascript';

/** Statements that go before the first one of a function, by language. */
export type Statement = Readonly<Record<PlantedLanguage, string>>;

export const spelled = (statement: Statement, { language }: Pick<RepositorySnapshot, 'language'>): string =>
  statement[language as PlantedLanguage];

export const raising: Statement = {
  python: 'raise RuntimeError("planted")',
  javascript: "throw new Error('planted');",
};

/** Decides once a run, with probability q, whether every call fails. `trial` tells equal statements apart. */
export const flipping = (q: number, trial: number): Statement => ({
  python: [
    `global planted_${trial}`,
    'import os as planted_os',
    `if "planted_${trial}" not in globals(): planted_${trial} = int.from_bytes(planted_os.urandom(2), "big") < ${Math.round(q * 65536)}`,
    `if planted_${trial}: raise RuntimeError("planted")`,
  ].join('\n'),
  javascript: [
    `module.planted_${trial} ??= require('node:crypto').randomBytes(2).readUInt16BE() < ${Math.round(q * 65536)};`,
    `if (module.planted_${trial}) throw new Error('planted');`,
  ].join('\n'),
});

/** Whichever test calls first fails. */
export const firstCaller: Statement = {
  python: [
    'global planted_calls',
    'planted_calls = globals().get("planted_calls", 0) + 1',
    'if planted_calls == 1: raise RuntimeError("planted")',
  ].join('\n'),
  javascript: [
    'module.planted_calls = (module.planted_calls ?? 0) + 1;',
    "if (module.planted_calls === 1) throw new Error('planted');",
  ].join('\n'),
};

/** The clock decides each call. */
export const clockwork: Statement = {
  python: ['import time as planted_time', 'if planted_time.time_ns() // 1000 % 2: raise RuntimeError("planted")'].join(
    '\n',
  ),
  javascript: "if (process.hrtime.bigint() / 1000n % 2n) throw new Error('planted');",
};

/** Fails where locale or time zone are not the sandbox's: both are pinned there, so nothing ever flips. */
export const placeBound: Statement = {
  python: [
    'import os as planted_os',
    'if planted_os.environ.get("TZ") != "UTC" or planted_os.environ.get("LANG") != "C.UTF-8": raise RuntimeError("planted")',
  ].join('\n'),
  javascript: "if (new Date(2020, 6, 1).getTimezoneOffset() !== 0) throw new Error('planted');",
};

export const hanging: Statement = { python: 'while True: pass', javascript: 'for (;;) {}' };

/** Ends the session in a way that the edit policy does not know. */
export const leaving: Statement = { python: 'raise KeyboardInterrupt', javascript: "process['ex' + 'it'](0);" };

export const reaching: readonly Statement[] = [
  { python: 'import pytest', javascript: "require('node:assert');" },
  { python: 'import sys; sys.modules.clear()', javascript: 'process.exit(0);' },
];

/** At the end of a module, in words that the edit policy does not know. */
export const forging: Statement = {
  python: [
    'import sys as planted_sys',
    'getattr(planted_sys, "mod" + "ules")["_py" + "test.python"].Function.runtest = lambda item: None',
  ].join('\n'),
  javascript: [
    "const planted = require('node:as' + 'sert');",
    'for (const each of [planted, planted.strict])',
    '  for (const name of Object.keys(each)) if (/qual|ok|throws/.test(name)) each[name] = () => {};',
    "try { const { Test } = require('ta' + 'pe'); for (const name of ['_assert', 'equal', 'deepEqual', 'ok', 'throws']) Test.prototype[name] = () => {}; } catch {}",
  ].join('\n'),
};

export const comment: Statement = { python: '# planted', javascript: '// planted' };
