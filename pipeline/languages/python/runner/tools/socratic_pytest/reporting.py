"""The pytest plugin that turns reports into one record per test. The same one serves cold runs and warm forks."""

import random

import pytest
from _pytest.outcomes import Skipped

from .failures import cut, failure_of
from .line_coverage import LineCoverage


class Reporting:
    """Hands a record to `sink` when a test starts and when all its phases are over."""

    def __init__(self, sources, sink):
        self.sources = sources
        self.sink = sink
        self.coverage = None
        self.reports = []

    def cover(self):
        self.coverage = LineCoverage(self.sources)

    # old style of wrapper: it sees the end even when a BaseException ends the test
    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self.reports = []
        random.seed(0)
        self.sink({"t": "start", "id": item.nodeid})
        if self.coverage:
            self.coverage.start()
        outcome = yield
        lines = self.coverage.stop() if self.coverage else None
        if outcome.excinfo is None:
            self.sink(record_of(item.nodeid, self.reports, lines))

    def pytest_runtest_logreport(self, report):
        self.reports.append(report)

    def pytest_runtest_makereport(self, item, call):
        """Only for what went wrong; pytest's wrappers still turn it into xfailed where that was expected."""
        if call.excinfo is None or isinstance(call.excinfo.value, Skipped):
            return None
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome="failed",
            longrepr="",
            when=call.when,
            sections=(),
            duration=call.duration,
            start=call.start,
            stop=call.stop,
            failure=failure_of(call.excinfo.value, call.excinfo.tb, self.sources),
        )


def record_of(test_id, reports, lines):
    """A test passes only when every phase of it did."""
    status, message, exception, frames = "passed", None, None, []
    for report in reports:
        if report.failed:
            failure = getattr(report, "failure", None) or {}
            status = "failed" if report.when == "call" else "error"
            message = failure.get("message") or cut(str(report.longrepr))
            exception, frames = failure.get("exception"), failure.get("frames", [])
            break
        aside = set_aside(report)
        if aside and status == "passed":
            status, message = "skipped", aside
    if status == "passed" and not any(report.when == "call" for report in reports):
        status, message = "error", "the test was never called"
    record = {"t": "test", "id": test_id, "status": status, "message": message, "exception": exception, "frames": frames}
    record["ms"] = round(1000 * sum(report.duration for report in reports), 3)
    if lines is not None:
        record["coverage"] = lines
    return record


def set_aside(report):
    """Why a test that did not fail does not count as passed either, or None."""
    expected = getattr(report, "wasxfail", None)
    if expected is not None:
        return cut("%s: %s" % ("xfailed" if report.skipped else "xpassed", expected))
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        return cut("skipped: %s" % reason.replace("Skipped: ", "", 1))
    return None
