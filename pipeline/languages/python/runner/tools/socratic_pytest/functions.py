"""Finds the outermost functions of a source text, and compiles one of them alone as the whole module would."""

import ast
import re
import sys
from collections import namedtuple

NEWLINE = re.compile("\r\n|\r|\n")

# start, body, end: character offsets. start is the first column of the first decorator's (or the def's) line; body the
# first statement after the docstring; end the end of the last statement's line. classes: names of enclosing classes.
Function = namedtuple("Function", "name classes is_indented start body end first_line last_line")


class NotThisFunction(Exception):
    """The text is no longer one function of that name: only the whole file can say what it has become."""


class Lines:
    """Offsets in code points, as edits carry them, of the (line, UTF-8 column) positions of the ast module."""

    def __init__(self, text):
        self.text = text
        self.starts = [0] + [match.end() for match in NEWLINE.finditer(text)]

    def offset(self, line, column):
        start = self.starts[line - 1]
        stop = self.starts[line] if line < len(self.starts) else len(self.text)
        return start + len(self.text[start:stop].encode()[:column].decode())

    def end_of(self, line):
        if line >= len(self.starts):
            return len(self.text)
        return self.starts[line] - len(NEWLINE.findall(self.text, self.starts[line - 1], self.starts[line])[-1])


def outline(text):
    """(outermost functions in order, names that the module imports). Nested functions belong to the outermost one."""
    lines = Lines(text)
    functions, imports = [], set()
    pending = [(statement, ()) for statement in ast.parse(text).body]
    while pending:
        node, classes = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            functions.append(_function(node, classes, lines))
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and not classes:
            imports.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        else:
            inner = classes + (node.name,) if isinstance(node, ast.ClassDef) else classes
            pending.extend((child, inner) for child in _statements(node))
    return sorted(functions, key=lambda function: function.start), sorted(imports - {"*"})


def _statements(node):
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, field, ()):
            yield child


def _function(node, classes, lines):
    first_line = min([node.lineno] + [decorator.lineno for decorator in node.decorator_list])
    start, end = lines.starts[first_line - 1], lines.end_of(node.end_lineno)
    code = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    body = lines.offset(code[0].lineno, code[0].col_offset) if code else end
    if code and isinstance(code[0], (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and code[0].decorator_list:
        body = min(body, lines.starts[code[0].decorator_list[0].lineno - 1])
    is_indented = lines.text[start : start + 1] in (" ", "\t")
    return Function(node.name, classes, is_indented, start, body, end, first_line, node.end_lineno)


def compile_function(function, source, filename, flags=0, imports=(), free_names=()):
    """Code object of the function with this source. SyntaxError when it does not compile.

    The classes around it are rebuilt empty: they decide how private names are mangled and make `super()` find
    `__class__`. The imports are repeated, since calls on imported names compile otherwise (from CPython 3.11 on).
    Decorators and defaults stay, unused, so that lines and the first line are those of the file.
    """
    prefix = "if 1:\n" if function.is_indented else ""
    tree = ast.parse(prefix + source)
    body = tree.body[0].body if prefix else tree.body
    node = body[0] if body else None
    if len(tree.body) != 1 or len(body) != 1 or getattr(node, "name", None) != function.name or isinstance(node, ast.ClassDef):
        raise NotThisFunction
    _force_free_names(node, free_names)
    ast.increment_lineno(node, function.first_line - 1 - (1 if prefix else 0))
    for name in reversed(function.classes):
        node = _class_around(name, node)
    names = [ast.Import(names=[ast.alias(name=name, asname=None)]) for name in imports]
    module = ast.fix_missing_locations(ast.Module(body=[*names, node], type_ignores=[]))
    code = compile(module, filename, "exec", flags=flags, dont_inherit=True)
    found = _find(code, function.name, function.first_line)
    if found is None:
        raise NotThisFunction
    return found


def _class_around(name, node):
    extra = {"type_params": []} if sys.version_info >= (3, 12) else {}
    return ast.ClassDef(name=name, bases=[], keywords=[], body=[node], decorator_list=[], **extra)


def _force_free_names(node, names):
    """A function object keeps its closure, so its new code must ask for the same cells even when it needs them no more."""
    has_docstring = ast.get_docstring(node, clean=False) is not None
    for name in names:
        at = min(1 if has_docstring else 0, len(node.body) - 1)
        mention = ast.parse("if 0: %s" % name).body[0]
        for part in ast.walk(mention):
            ast.copy_location(part, node.body[at])
        node.body.insert(1 if has_docstring else 0, mention)


def _find(code, name, first_line):
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            if constant.co_name == name and constant.co_firstlineno == first_line:
                return constant
            found = _find(constant, name, first_line)
            if found is not None:
                return found
    return None


class SourceText:
    """The text of one file, pristine or edited, and where its outermost functions are now."""

    def __init__(self, path, filename, text, functions, imports, touched=None):
        self.path, self.filename, self.text = path, filename, text
        #: as in the pristine text
        self.functions, self.imports = functions, imports
        #: index of an edited function: by how many (characters, lines) it has grown
        self.touched = touched or {}

    def at(self, index):
        """Function `index` where it is now."""
        function = self.functions[index]
        characters = sum(grown[0] for other, grown in self.touched.items() if other < index)
        lines = sum(grown[1] for other, grown in self.touched.items() if other < index)
        more_characters, more_lines = self.touched.get(index, (0, 0))
        return function._replace(
            start=function.start + characters,
            body=function.body + characters,
            end=function.end + characters + more_characters,
            first_line=function.first_line + lines,
            last_line=function.last_line + lines + more_lines,
        )

    def locate(self, start, end):
        """Index of the function whose body holds this span, or None."""
        index = self._last_from(start)
        if index < 0:
            return None
        function = self.at(index)
        return index if function.body <= start and end <= function.end else None

    def _last_from(self, offset):
        """Index of the last function that starts at or before the offset; -1 when there is none."""
        grown = 0
        for index in sorted(self.touched):
            function, characters = self.functions[index], self.touched[index][0]
            if function.start + grown <= offset <= function.end + grown + characters:
                return index
            if offset < function.start + grown:
                break
            grown += characters
        low, high = 0, len(self.functions)
        while low < high:
            middle = (low + high) // 2
            if self.functions[middle].start <= offset - grown:
                low = middle + 1
            else:
                high = middle
        return low - 1

    def source_of(self, index):
        function = self.at(index)
        return self.text[function.start : function.end]

    def edited(self, index, start, end, replacement):
        """The text after an edit inside function `index`."""
        characters, lines = self.touched.get(index, (0, 0))
        characters += len(replacement) - (end - start)
        lines += len(NEWLINE.findall(replacement)) - len(NEWLINE.findall(self.text, start, end))
        text = self.text[:start] + replacement + self.text[end:]
        touched = {**self.touched, index: (characters, lines)}
        return SourceText(self.path, self.filename, text, self.functions, self.imports, touched)

    def shift_of(self, line):
        """How many lines further down a pristine line outside the edited functions is now."""
        return sum(grown[1] for index, grown in self.touched.items() if self.functions[index].last_line < line)

    def is_touched(self, line):
        """Whether a pristine line belongs to an edited function."""
        return any(self.functions[i].first_line <= line <= self.functions[i].last_line for i in self.touched)
