"""What a fork does: run tests over one edited tree, whole or up to the first failure."""

import os
import random

from .budget import Budget, BudgetSpent
from .canary import run_canary
from .swap import Broken, CannotSwap, Tree, install


def run_suite(tests, loaded, job, tell):
    """Records of a whole run, as a cold run tells them."""
    try:
        tree = edited_tree(loaded, job["edits"])
        tree.show_text()
        install(tree.compile_all())
    except CannotSwap as reason:
        return tell({"t": "cannot_swap", "message": str(reason)})
    except Broken as reason:
        return tell({"t": "collect_error", "id": "", "message": str(reason)})
    if tree.is_doubtful:
        return tell({"t": "cannot_swap", "message": "the function ran while the tests were loaded"})
    if job["coverage"]:
        tests.reporting.cover()
    if tests.run(job["test_ids"], tell, job["stop_at_first_failure"]):
        tests.reporting.sink = tell
        run_canary(tests.session, job["canary"])
        tell({"t": "end", "exit": 0})


def edited_tree(loaded, edits):
    tree = Tree(loaded)
    for edit in edits:
        tree = tree.edited(edit)
    return tree


def try_candidate(tests, tree, job, index, tell):
    """One record: what the tests say of the tree of one candidate, whose base is installed."""
    try:
        tell({"k": index, **outcome_of(tests, tree, job, job["candidates"][index][0])})
    except CannotSwap as reason:
        tell({"k": index, "o": "cannot_swap", "message": str(reason)})
    except Broken:
        tell({"k": index, "o": "broken"})


def outcome_of(tests, tree, job, path):
    tree.show_text()
    install(tree.codes(path))
    records = []
    budget = Budget()
    budget.start(job["budget_ms"])
    try:
        is_whole = tests.run(job["test_ids"], lambda r: records.append(r) if r["t"] == "test" else None, True)
    except BudgetSpent:
        is_whole = True
    finally:
        budget.stop()
    if budget.is_spent:
        return {"o": "timeout"}
    return {"o": "ran" if is_whole else "crashed", "tests": records, "doubtful": tree.is_doubtful}


class LoadedTests:
    """The collected tests, run through pytest's own protocol."""

    def __init__(self, session, reporting):
        self.session = session
        self.reporting = reporting
        self.items = {item.nodeid: item for item in session.items}

    def run(self, test_ids, sink, stop_early):
        """False when a test ended the session, as KeyboardInterrupt and pytest.exit do."""
        ended = []

        def watched(record):
            sink(record)
            if stop_early and record["t"] == "test" and record["status"] != "passed":
                ended.append(record)

        self.reporting.sink = watched
        items = [self.items[i] for i in test_ids if i in self.items] if test_ids is not None else list(self.items.values())
        random.seed(0)
        try:
            for item, following in zip(items, items[1:] + [None]):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if ended:
                    self._tear_down()
                    return True
                if self.session.shouldstop or self.session.shouldfail:
                    return False
            return True
        except BudgetSpent:
            raise
        except BaseException:
            return False

    def _tear_down(self):
        """Fixtures kept for the tests that will not run now."""
        try:
            self.session._setupstate.teardown_exact(None)
        except Exception:
            pass


def silence():
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(null, descriptor)
