"""`-p socratic_pytest.warm`: collects the tests once, then runs them over edited sources in forks, on demand.

Jobs come as JSON lines on descriptor 0; every line on descriptor 3 says which job it belongs to.
"""

import json
import os
import sys

import pytest

from .channel import take_descriptor, write_line
from .collecting import Collecting
from .forks import Fork, adopt_orphans, hide_from_children, show_again
from .jobs import LoadedTests, edited_tree, run_suite, silence, try_candidate
from .reporting import Reporting
from .settings import derandomise, read_request, source_names
from .swap import Broken, CannotSwap, LoadedSources, install
from .watch import Watch

#: seconds that a fork may take before its candidate
START = 2
#: seconds a candidate may sleep without a reason before it counts as hung
MOST_IDLE = 1.5
#: how much longer all of it may take on a busy machine
PATIENCE = 40

JOBS = take_descriptor(0, os.O_RDONLY)
CHANNEL = take_descriptor(3, os.O_WRONLY)
REQUEST = read_request()
SOURCES = source_names(REQUEST)
RAN = {}


def note_call(frame, _event, _argument):
    """Which functions of the sources run before the first test: file name -> first lines."""
    code = frame.f_code
    if code.co_filename in SOURCES:
        RAN.setdefault(code.co_filename, set()).add(code.co_firstlineno)


# from here on, since a conftest.py may import the sources before any other hook is called
sys.settrace(note_call)


def tell(job, record):
    write_line(CHANNEL, {"job": job, "record": record})


class Serving:
    def __init__(self, reporting):
        self.reporting = reporting

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        sys.settrace(None)
        if session.testsfailed:
            return None
        tests, loaded = LoadedTests(session, self.reporting), LoadedSources(SOURCES, RAN)
        sys.stdout.flush()
        sys.stderr.flush()
        adopt_orphans()
        hide_from_children()
        tell(0, {"t": "ready", "ids": list(tests.items)})
        with os.fdopen(JOBS, "rb") as jobs:
            for line in jobs:
                job = json.loads(line)
                (serve_suite if job["kind"] == "suite" else serve_probe)(tests, loaded, job)
        os._exit(0)


def fork(work):
    def quietly(send):
        show_again()
        silence()
        work(send)

    return Fork(quietly, (JOBS, CHANNEL))


def serve_suite(tests, loaded, job):
    child = fork(lambda send: run_suite(tests, loaded, job, send))
    wall = job["wall_ms"] / 1000
    watch = Watch(child.pid, wall, wall, job["longest_ms"] / 1000)
    try:
        while True:
            record = child.record(watch)
            if record is None:
                break
            tell(job["job"], record)
    except TimeoutError:
        tell(job["job"], {"t": "timeout"})
    except ValueError:
        pass  # the child wrote nonsense into its own pipe: its run stays incomplete
    finally:
        child.end()
    tell(job["job"], {"t": "done"})


def serve_probe(tests, loaded, job):
    """Each candidate has a fork of its own: what one leaves behind must not decide about the next."""
    try:
        base = edited_tree(loaded, job["base"])
        undo = install(base.compile_all())
    except (CannotSwap, Broken) as reason:
        tell(job["job"], {"t": "cannot_swap", "message": str(reason)})
    else:
        for index in range(len(job["candidates"])):
            tell(job["job"], tried(tests, base, job, index))
        install(undo)
    tell(job["job"], {"t": "done"})


def tried(tests, base, job, index):
    try:
        tree = base.edited(job["candidates"][index])
    except CannotSwap as reason:
        return {"k": index, "o": "cannot_swap", "message": str(reason)}
    child = fork(lambda send: try_candidate(tests, tree, job, index, send))
    try:
        return next_record(child, index, job["budget_ms"] / 1000)
    finally:
        child.end()


def next_record(child, index, budget):
    """The child ends a candidate that spends its budget; we end a child that does not."""
    try:
        return checked(child.record(Watch(child.pid, START + 2 * budget, MOST_IDLE, PATIENCE * (START + budget))), index)
    except TimeoutError:
        return {"k": index, "o": "timeout"}
    except ValueError:
        return {"k": index, "o": "crashed"}


def checked(record, index):
    """The child's word is taken for its candidate, and for nothing else."""
    if not isinstance(record, dict) or record.get("k") != index or record.get("o") not in ("ran", "broken", "timeout", "cannot_swap"):
        return {"k": index, "o": "crashed"}
    results = record.get("tests", [])
    if not isinstance(results, list) or not all(isinstance(test, dict) for test in results):
        return {"k": index, "o": "crashed"}
    return record


def pytest_configure(config):
    derandomise()
    reporting = Reporting(SOURCES, lambda record: None)
    config.pluginmanager.register(Collecting(lambda record: tell(0, record), None, REQUEST["deselect"]))
    config.pluginmanager.register(reporting, "socratic-reporting")
    config.pluginmanager.register(Serving(reporting), "socratic-serving")
