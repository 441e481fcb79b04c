"""Says why a test did not pass, without pytest's own rendering of tracebacks (7 times the cost of the test)."""

import re
import sys
# Taken before code under test can replace them.
from datetime import datetime, timedelta

MESSAGE_LENGTH = 400
FRAME_COUNT = 12

#: whole, or what pytest leaves of one when it shortens a long text in the middle or the lines of a difference in front
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+|(?<=\.\.\.)x?[0-9a-fA-F]+(?=>)|(?<=\n  [-+] )[0-9a-f]+(?=>)")
_DATETIME = re.compile(r"datetime\.datetime\((\d+(?:, \d+){4,6})")
_DAY = timedelta(days=1)
#: where the environment lies is no matter of the tests
_ENVIRONMENT = sys.prefix + "/"


def cut(text):
    """The text as results carry it: bounded, without addresses, places and the time of the run."""
    # there is no need to search all of a huge message
    start = _DATETIME.sub(_without_now, text[: MESSAGE_LENGTH * 8].replace(_ENVIRONMENT, ""))
    return _ADDRESS.sub("0x\u2026", start)[:MESSAGE_LENGTH]


def _without_now(match):
    """The time of the run itself; other times are what a test speaks of."""
    try:
        time = datetime(*map(int, match[1].split(", ")))
    except ValueError:
        return match[0]
    return "datetime.datetime(<now>" if abs(time - datetime.now()) < _DAY else match[0]


def message_of(error):
    try:
        text = str(error)
    except Exception:
        text = "<unprintable>"
    name = type(error).__name__
    return cut("%s: %s" % (name, text) if text else name)


def frames_of(traceback, sources):
    """[path, line] of the frames in source files, outermost first; the innermost ones when there are too many."""
    frames = []
    while traceback is not None:
        path = sources.get(traceback.tb_frame.f_code.co_filename)
        if path is not None:
            frames.append([path, traceback.tb_lineno])
        traceback = traceback.tb_next
    return frames[-FRAME_COUNT:]


def failure_of(error, traceback, sources):
    return {"message": message_of(error), "exception": type(error).__name__, "frames": frames_of(traceback, sources)}
