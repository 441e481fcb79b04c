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
from .jobs import LoadedTests, run_suite, silence, try_candidates
from .reporting import Reporting
from .settings import derandomise, read_request, source_names
from .swap import LoadedSources
from .watch import Watch

#: candidates that share a fork
CHUNK = 24
#: seconds that a fork and the broken tree may take before the first candidate
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
    pending = list(range(len(job["candidates"])))
    passing = []

    def hear(record):
        if is_passing(record):
            passing.append(record["k"])
            record = {"k": record["k"], "o": "pending"}
        tell(job["job"], record)

    while pending:
        answered = run_chunk(tests, loaded, job, pending[:CHUNK], hear)
        if answered is None:
            break
        pending = pending[answered:]
    # what passes everything is tried again alone, where no other candidate can have had a hand in it
    for index in passing:
        run_chunk(tests, loaded, job, [index], lambda record: tell(job["job"], record))
    tell(job["job"], {"t": "done"})


def is_passing(record):
    return record["o"] == "ran" and all(test.get("status") == "passed" for test in record.get("tests", ()))


def run_chunk(tests, loaded, job, indices, hear):
    """Tries candidates in one fork, up to one that hangs, dies or spends its budget. Returns how many were answered.

    None when the broken tree itself cannot be made by swapping.
    """
    child = fork(lambda send: try_candidates(tests, loaded, job, indices, send))
    try:
        for count, index in enumerate(indices, 1):
            record = next_record(child, index, job["budget_ms"] / 1000)
            if "base" in record:
                tell(job["job"], {"t": "cannot_swap", "message": str(record["base"])})
                return None
            hear(record)
            if record["o"] in ("timeout", "crashed"):
                return count
        return len(indices)
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
    """The child's word is taken for the candidate whose turn it is, and for nothing else."""
    if isinstance(record, dict) and "base" in record:
        return record
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
