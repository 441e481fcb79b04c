'use strict';
/**
 * A CommonJS loader whose modules live for one run. Unchanged files are compiled once per process; packages of
 * node_modules and Node's own modules come from Node and stay loaded.
 */

const { readFileSync } = require('node:fs');
const { createRequire, isBuiltin, Module } = require('node:module');
const { dirname } = require('node:path');
const vm = require('node:vm');

const { root: ROOT } = require('./place.cjs');
const wrapper = ['exports', 'require', 'module', '__filename', '__dirname'];

const isOurs = (path) =>
  path.startsWith(ROOT) && !path.includes('/node_modules/') && /\.(c?js|json)$|\/[^./]+$/.test(path);

/** A shebang is no JavaScript; the line count must stay. */
const withoutShebang = (text) => (text.startsWith('#!') ? `//${text.slice(2)}` : text);

const compile = (path, text) =>
  vm.compileFunction(withoutShebang(text), wrapper, {
    filename: path,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });

const resolved = new Map();

/** As Node resolves; remembered, because the tree does not change. */
function resolve(request, directory) {
  const key = `${directory}\0${request}`;
  if (!resolved.has(key)) resolved.set(key, createRequire(`${directory}/-`).resolve(request));
  return resolved.get(key);
}

const pristine = new Map();
const compiled = new Map();

const stripBom = (text) => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

/** Text of a file as it is on disk. */
function pristineText(path) {
  if (!pristine.has(path)) pristine.set(path, stripBom(readFileSync(path, 'utf8')));
  return pristine.get(path);
}

function pristineFunction(path) {
  if (!compiled.has(path)) compiled.set(path, compile(path, pristineText(path)));
  return compiled.get(path);
}

let fresh_count = 0;

/** V8 knows a text again, and code it compiled before coverage was asked for has no block counters. */
const neverSeen = (text) => `${text}\n// ${++fresh_count}`;

class Registry {
  #cache = Object.create(null);
  #edited;
  #provided;
  #is_fresh;

  /** `edited`: text by absolute path. `provided`: what some requests give instead. `is_fresh`: compile all anew. */
  constructor({ edited, provided, is_fresh }) {
    this.#edited = edited;
    this.#provided = provided;
    this.#is_fresh = is_fresh;
  }

  textOf(path) {
    return this.#edited.get(path) ?? pristineText(path);
  }

  load(path, parent = undefined) {
    const known = this.#cache[path];
    if (known) return known.exports;
    const module = this.#create(path, parent);
    this.#cache[path] = module;
    try {
      this.#evaluate(module, path);
    } catch (error) {
      delete this.#cache[path];
      throw error;
    }
    module.loaded = true;
    return module.exports;
  }

  #create(path, parent) {
    const module = new Module(path, parent);
    module.filename = path;
    module.paths = [];
    module.require = this.#requireOf(module, dirname(path));
    return module;
  }

  #evaluate(module, path) {
    if (path.endsWith('.json')) {
      module.exports = JSON.parse(this.textOf(path));
      return;
    }
    const body = this.#functionOf(path);
    body.call(module.exports, module.exports, module.require, module, path, dirname(path));
  }

  #functionOf(path) {
    if (this.#is_fresh) return compile(path, neverSeen(this.textOf(path)));
    const edited = this.#edited.get(path);
    return edited === undefined ? pristineFunction(path) : compile(path, edited);
  }

  #requireOf(module, directory) {
    const require_ = (request) => {
      if (this.#provided.has(request)) return this.#provided.get(request)();
      if (isBuiltin(request)) return require(request);
      const path = resolve(request, directory);
      return isOurs(path) ? this.load(path, module) : require(path);
    };
    return Object.assign(require_, {
      resolve: Object.assign((request) => (isBuiltin(request) ? request : resolve(request, directory)), {
        paths: () => [],
      }),
      main: process.mainModule,
      cache: this.#cache,
      extensions: Module._extensions,
    });
  }
}

module.exports = { Registry, pristineText };
