"""A test that must fail. Where it does not, something makes failures vanish, and no result of the run is believed."""

import pathlib
import unittest

import pytest


def must_fail():
    """Every usual way to complain has to work; one that does not lets this test pass, and that gives it away."""
    case = unittest.TestCase()
    complaints = (
        lambda: case.assertEqual(1, 2),
        lambda: case.assertTrue(False),
        lambda: pytest.fail("canary"),
        raises_nothing,
    )
    if all(complains(complaint) for complaint in complaints):
        assert [] == [1]


def raises_nothing():
    with pytest.raises(ValueError):
        pass


def complains(complaint):
    try:
        complaint()
    except BaseException:
        return True
    return False


def run_canary(session, test_id):
    """After the last test, through the same protocol, under a name that no other test has."""
    file, name = test_id.split("::")
    module = pytest.Module.from_parent(session, path=pathlib.Path(__file__), nodeid=file)
    item = pytest.Function.from_parent(module, name=name, callobj=must_fail)
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
