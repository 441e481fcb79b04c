"""What SWE-bench's own code says of an export.

check_swebench.py repo EXPORT...      problems of each task repository, and what it would publish
check_swebench.py rows EXPORT SPLIT   rows as its loader gives them, from Parquet and from JSON lines
check_swebench.py scripts EXPORT      by task, the script its harness would run in the container
check_swebench.py grade EXPORT LOGS   its report of each log of a JSON file [{"instance_id", "log"}]
"""

import json
import sys
import tempfile
from pathlib import Path

from swebench.harness.grading import get_eval_report
from swebench.harness.utils import load_swebench_dataset, make_test_spec
from swebench.task.checks import check_task_repo
from swebench.task.repo import load_task_repo
from swebench.task.publish import compile_datasets


def repo(*roots):
    return [look_at(root) for root in roots]


def look_at(root):
    problems = [str(problem) for problem in check_task_repo(root)]
    compiled = {} if problems else compile_datasets(root)
    return {"problems": problems, "datasets": {name: list(splits) for name, splits in compiled.items()}}


def rows(root, split):
    parquet = load_swebench_dataset(str(Path(root) / "data"), split)
    lines = load_swebench_dataset(str(Path(root) / "data" / (split + ".jsonl")), split)
    for row in [*parquet, *lines]:
        make_test_spec(row)
    return {"parquet": [dict(row) for row in parquet], "jsonl": [dict(row) for row in lines]}


def specs(root):
    return {task["instance_id"]: make_test_spec(task) for task in load_task_repo(root)}


def scripts(root):
    return {instance_id: spec.eval_script for instance_id, spec in specs(root).items()}


def grade(root, logs):
    known = specs(root)
    return [report(known[run["instance_id"]], run["log"]) for run in json.loads(Path(logs).read_text())]


def report(spec, log):
    prediction = {"instance_id": spec.instance_id, "model_name_or_path": "x", "model_patch": "x"}
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(log)
        file.flush()
        return get_eval_report(spec, prediction, file.name, include_tests_status=True)[spec.instance_id]


print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
