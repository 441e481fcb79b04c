"""JSON lines on a file descriptor, apart from anything the tests print."""

import json
import os


def write_line(descriptor, value):
    data = json.dumps(value, separators=(",", ":")).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


def take_descriptor(descriptor, flags):
    """Moves one of the process's own channels out of the reach of programs it starts; /dev/null stays in its place."""
    own = os.dup(descriptor)  # not inheritable
    null = os.open(os.devnull, flags)
    os.dup2(null, descriptor)
    os.close(null)
    return own
