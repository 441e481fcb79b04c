"""Puts edited functions in the place of the loaded ones by giving every live function object new code."""

import __future__

import functools
import gc
import linecache
import types

from .functions import NotThisFunction, SourceText, compile_function, outline

#: compile() flags of `from __future__ import ...`, as a code object remembers them
FUTURE_FLAGS = functools.reduce(
    lambda flags, name: flags | getattr(__future__, name).compiler_flag,
    (name for name in __future__.all_feature_names if name != "nested_scopes"),
    0,
)


class CannotSwap(Exception):
    """What the loaded program would do after the edit can only be found out by loading it anew."""


class Broken(Exception):
    """The edited file does not compile."""


class LoadedSources:
    """The source files as loaded: their texts, functions and live function objects."""

    def __init__(self, sources, ran):
        self.sources = sources
        self._names = {path: filename for filename, path in sources.items()}
        self._ran = ran
        self._texts = {}
        self._checked = {}
        self._by_code = {}
        self._by_place = {}
        self._loaded = set()
        gc.collect()
        for thing in gc.get_objects():
            self._index(thing)

    def _index(self, thing):
        kind = type(thing)
        if kind is types.FunctionType and thing.__code__.co_filename in self.sources:
            code = thing.__code__
            functions = self._by_code.setdefault(id(code), [])
            functions.append(thing)
            if len(functions) == 1:
                self._by_place.setdefault((code.co_filename, code.co_firstlineno, code.co_name), []).append(code)
        elif kind is types.ModuleType:
            self._loaded.add(getattr(thing, "__file__", None))

    def text(self, path):
        """Pristine text of a source file."""
        known = self._texts.get(path)
        if known is None:
            filename = self._names.get(path)
            if filename is None:
                raise CannotSwap("%s is not a source file" % path)
            with open(filename, "rb") as file:
                text = file.read().decode()
            known = self._texts[path] = SourceText(path, filename, text, *outline(text))
        return known

    def is_loaded(self, text):
        return text.filename in self._loaded

    def ran_while_loading(self, path, index):
        """The function (or one nested in it) was called before the first test: its effects there are not undone."""
        text = self.text(path)
        function = text.functions[index]
        return any(function.first_line <= line <= function.last_line for line in self._ran.get(text.filename, ()))

    def live_codes(self, path, index):
        """Code objects of the pristine function, one per time its module was loaded."""
        function = self.text(path).functions[index]
        return self._by_place.get((self.text(path).filename, function.first_line, function.name), [])

    def live_functions(self, code):
        return self._by_code.get(id(code), ())

    def codes_of(self, filename):
        """(first line, code) of everything live in a file."""
        return [(place[1], code) for place, codes in self._by_place.items() if place[0] == filename for code in codes]

    def check(self, path, index):
        """Compiling the pristine function alone must give what is loaded; else swapping would prove nothing."""
        key = (path, index)
        if key not in self._checked:
            self._checked[key] = self._is_faithful(path, index)
        if not self._checked[key]:
            raise CannotSwap("what is loaded is not what %s says" % path)

    def _is_faithful(self, path, index):
        text = self.text(path)
        function = text.functions[index]
        codes = self.live_codes(path, index)
        if not codes:
            # nobody can call it: no swap is needed, unless something inside it lives on without it
            inside = range(function.first_line, function.last_line + 1)
            return not any(line in inside for line, _ in self.codes_of(text.filename))
        try:
            source, flags = text.source_of(index), codes[0].co_flags & FUTURE_FLAGS
            alone = compile_function(function, source, text.filename, flags, text.imports)
        except (SyntaxError, ValueError, NotThisFunction):
            return False
        return all(alone == code for code in codes)


class Tree:
    """The loaded program under a list of edits. Nothing is swapped before `install`."""

    def __init__(self, loaded, texts=None):
        self.loaded = loaded
        self.texts = texts or {}
        #: a function that ran while loading is among the edited ones
        self.is_doubtful = False

    def edited(self, edit):
        path, start, end, replacement = edit
        before = self.texts.get(path) or self.loaded.text(path)
        if not self.loaded.is_loaded(before):
            raise CannotSwap("%s is not loaded" % path)
        index = before.locate(start, end)
        if index is None:
            raise CannotSwap("not inside the body of a function")
        self.loaded.check(path, index)
        after = Tree(self.loaded, {**self.texts, path: before.edited(index, start, end, replacement)})
        after.is_doubtful = self.is_doubtful or self.loaded.ran_while_loading(path, index)
        return after

    def codes(self, path):
        """[(function object, its code in this tree)] for one edited file."""
        text = self.texts[path]
        pairs = self._moved(text)
        for index in text.touched:
            codes = self.loaded.live_codes(path, index)
            for code in codes:
                pairs.extend(self._pairs(code, self._compiled(text, index, code.co_flags, code.co_freevars)))
            if not codes:
                self._compiled(text, index, 0, ())
        return pairs

    def _compiled(self, text, index, flags, free_names):
        function, source = text.at(index), text.source_of(index)
        try:
            return compile_function(
                function, source, text.filename, flags & FUTURE_FLAGS, text.imports, free_names
            )
        except (SyntaxError, ValueError, NotThisFunction, RecursionError, MemoryError) as error:
            raise verdict_of_whole_file(text, error) from None

    def _pairs(self, old, new):
        """Live functions of the old code and of the codes nested in it, with the new ones."""
        functions = self.loaded.live_functions(old)
        if functions and old.co_freevars != new.co_freevars:
            raise CannotSwap("%s closes over other names" % old.co_name)
        pairs = [(function, new) for function in functions]
        old_inner, new_inner = nested(old), nested(new)
        if [code.co_name for code in old_inner] == [code.co_name for code in new_inner]:
            for one, other in zip(old_inner, new_inner):
                pairs.extend(self._pairs(one, other))
        elif any(self._is_alive(code) for code in old_inner):
            raise CannotSwap("functions made by %s are in use" % old.co_name)
        return pairs

    def _is_alive(self, code):
        return bool(self.loaded.live_functions(code)) or any(self._is_alive(inner) for inner in nested(code))

    def _moved(self, text):
        """Functions below an edit that added or removed lines: the same code, further down."""
        if not any(lines for _, lines in text.touched.values()):
            return []
        pairs = []
        for line, code in self.loaded.codes_of(text.filename):
            shift = 0 if text.is_touched(line) else text.shift_of(line)
            if shift:
                moved = lowered(code, shift)
                pairs.extend((function, moved) for function in self.loaded.live_functions(code))
        return pairs

    def compile_all(self):
        return [pair for path in sorted(self.texts) for pair in self.codes(path)]

    def show_text(self):
        """What inspect and tracebacks read."""
        for text in self.texts.values():
            lines = text.text.splitlines(True)
            linecache.cache[text.filename] = (len(text.text), None, lines, text.filename)


def nested(code):
    return [constant for constant in code.co_consts if hasattr(constant, "co_code")]


def lowered(code, lines):
    constants = tuple(lowered(c, lines) if hasattr(c, "co_code") else c for c in code.co_consts)
    return code.replace(co_firstlineno=code.co_firstlineno + lines, co_consts=constants)


def verdict_of_whole_file(text, error):
    """The function alone does not compile: either the file does not, or the edit reaches beyond the function."""
    try:
        compile(text.text, text.filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as whole:
        return Broken("%s: %s" % (type(whole).__name__, getattr(whole, "msg", None) or whole))
    return CannotSwap("the edit changes more than its function: %s" % type(error).__name__)


def install(pairs):
    """Swaps; returns what undoes it."""
    undo = [(function, function.__code__) for function, _ in pairs]
    for function, code in pairs:
        function.__code__ = code
    return undo
