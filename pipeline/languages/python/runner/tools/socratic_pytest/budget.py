"""A limit on processor time that code under test finds hard to swallow."""

import signal


class BudgetSpent(BaseException):
    """Not an Exception, so that `except Exception` does not hide it."""


class Budget:
    """Counts user and system time of the process. Raises again and again, for code that catches everything."""

    def __init__(self):
        self.is_spent = False

    def start(self, milliseconds):
        self.is_spent = False
        signal.signal(signal.SIGPROF, self._spent)
        signal.setitimer(signal.ITIMER_PROF, milliseconds / 1000, 0.1)

    def _spent(self, _signal, _frame):
        self.is_spent = True
        raise BudgetSpent

    def stop(self):
        signal.setitimer(signal.ITIMER_PROF, 0)
