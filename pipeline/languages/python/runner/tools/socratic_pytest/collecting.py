"""The pytest plugin that decides which tests run, in which order, and tells of tests that cannot be collected."""

import pytest

from .failures import cut


class Collecting:
    def __init__(self, sink, test_ids=None, deselect=()):
        self.sink = sink
        self.test_ids = test_ids
        self.deselect = frozenset(deselect)

    def pytest_collectreport(self, report):
        if report.failed:
            self.sink({"t": "collect_error", "id": report.nodeid, "message": cut(last_line(report.longrepr))})

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        kept = {item.nodeid: item for item in items if item.nodeid not in self.deselect}
        if self.test_ids is not None:
            kept = {test_id: kept[test_id] for test_id in self.test_ids if test_id in kept}
        items[:] = kept.values()
        self.sink({"t": "collected", "ids": list(kept)})

    def pytest_internalerror(self, excrepr):
        self.sink({"t": "internal_error", "message": cut(last_line(excrepr))})


def last_line(text):
    """The line of a rendered traceback that names the exception: pytest puts `E` before it."""
    lines = [line for line in str(text).splitlines() if line.strip()]
    marked = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (marked or lines or [""])[-1]
