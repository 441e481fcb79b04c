"""Which lines of the source files one test executes."""

import sys
import threading


class MonitoredLines:
    """By sys.monitoring (Python 3.12 on): each line costs something only the first time a test reaches it."""

    def __init__(self, sources):
        self.sources = sources
        self.lines = {}
        self.tool = None

    def start(self):
        monitoring = sys.monitoring
        events = monitoring.events
        if self.tool is None:
            self.tool = next(tool for tool in (1, 4, 3, 5, 2, 0) if monitoring.get_tool(tool) is None)
            monitoring.use_tool_id(self.tool, "socratic")
            monitoring.register_callback(self.tool, events.PY_START, self._entered)
            monitoring.register_callback(self.tool, events.LINE, self._reached)
        self.lines = {}
        monitoring.restart_events()
        monitoring.set_events(self.tool, events.PY_START)

    def _entered(self, code, _offset):
        if code.co_filename in self.sources:
            sys.monitoring.set_local_events(self.tool, code, sys.monitoring.events.LINE)
        return sys.monitoring.DISABLE

    def _reached(self, code, line):
        self.lines.setdefault(self.sources[code.co_filename], set()).add(line)
        return sys.monitoring.DISABLE

    def stop(self):
        sys.monitoring.set_events(self.tool, 0)
        lines, self.lines = self.lines, {}
        return {path: sorted(found) for path, found in sorted(lines.items())}


class TracedLines:
    """By sys.settrace, on Pythons that have nothing better."""

    def __init__(self, sources):
        self.sources = sources
        self.lines = {}

    def start(self):
        self.lines = {}
        threading.settrace(self._entered)
        sys.settrace(self._entered)

    def _entered(self, frame, _event, _argument):
        path = self.sources.get(frame.f_code.co_filename)
        if path is None:
            return None
        found = self.lines.setdefault(path, set())

        def reached(frame, event, _argument):
            if event == "line":
                found.add(frame.f_lineno)
            return reached

        return reached

    def stop(self):
        sys.settrace(None)
        threading.settrace(None)
        lines, self.lines = self.lines, {}
        return {path: sorted(found) for path, found in sorted(lines.items()) if found}


LineCoverage = MonitoredLines if sys.version_info >= (3, 12) else TracedLines
