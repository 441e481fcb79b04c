"""What the runner asks for, and what keeps runs alike."""

import importlib.util
import json
import os


def read_request():
    with open(os.environ["SOCRATIC_REQUEST"], encoding="utf-8") as file:
        return json.load(file)


def source_names(request):
    """Absolute file name (as code objects carry it) to path in the repository."""
    return {os.path.join(os.environ["SOCRATIC_ROOT"], path): path for path in request["source_paths"]}


def derandomise():
    """Property tests draw the same examples run to run, however slow the machine is."""
    if importlib.util.find_spec("hypothesis") is None:
        return
    from hypothesis import HealthCheck, settings

    quiet = list(HealthCheck)
    settings.register_profile("socratic", derandomize=True, database=None, deadline=None, suppress_health_check=quiet)
    settings.load_profile("socratic")
