"""`-p socratic_pytest.cold`: one run of a repository's tests, reported on descriptor 3."""

import os

import pytest

from .budget import Budget, BudgetSpent
from .canary import run_canary
from .channel import take_descriptor, write_line
from .collecting import Collecting
from .reporting import Reporting
from .settings import derandomise, read_request, source_names

CHANNEL = take_descriptor(3, os.O_WRONLY)


def tell(record):
    write_line(CHANNEL, record)


tell({"t": "started"})


class Ending:
    """Stops where the request says so. Without its last record a run counts as incomplete."""

    def __init__(self, request):
        self.stop_early = request["stop_at_first_failure"]
        self.budget_ms = request["budget_ms"]
        self.canary = request["canary"]
        self.budget = Budget()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session):
        if self.budget_ms:
            self.budget.start(self.budget_ms)
        try:
            result = yield
        except BudgetSpent:
            return True
        finally:
            self.budget.stop()
        run_canary(session, self.canary)
        return result

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self):
        yield
        if self.budget.is_spent:
            tell({"t": "budget_spent"})
            os._exit(0)

    def watch(self, session, sink):
        def watched(record):
            sink(record)
            if self.stop_early and record["t"] == "test" and record["status"] != "passed":
                session.shouldstop = "first test that does not pass"

        return watched

    def pytest_sessionfinish(self, exitstatus):
        tell({"t": "end", "exit": int(exitstatus)})


def pytest_configure(config):
    request = read_request()
    derandomise()
    ending = Ending(request)
    reporting = Reporting(source_names(request), tell)
    if request["coverage"]:
        reporting.cover()
    config.pluginmanager.register(Collecting(tell, request["test_ids"], request["deselect"]))
    config.pluginmanager.register(reporting, "socratic-reporting")
    config.pluginmanager.register(ending, "socratic-ending")


def pytest_sessionstart(session):
    plugins = session.config.pluginmanager
    reporting = plugins.get_plugin("socratic-reporting")
    reporting.sink = plugins.get_plugin("socratic-ending").watch(session, reporting.sink)
