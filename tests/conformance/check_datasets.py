"""What `datasets`, `trl`, `pyarrow`, `mlcroissant` and Harbor's ATIF models read.

check_datasets.py hub EXPORT              each configuration by load_dataset, and by a second reader
check_datasets.py refusals EXPORT...      why load_dataset does not read each of them
check_datasets.py rows FILE...            files of rows as trainers load them
check_datasets.py chat FILE=COLUMN,...    whether TRL takes the columns of each file for conversations
check_datasets.py atif FILE...            errors of each trajectory; empty where Harbor takes it
check_datasets.py arrow FILE              types and rows of an Arrow file
check_datasets.py croissant FILE...       record counts of each description, or why it is none
"""

import json
import sys
from pathlib import Path

import pyarrow.ipc
import pyarrow.parquet
from datasets import get_dataset_config_names, load_dataset


def hub(root):
    found = {}
    for name in get_dataset_config_names(root):
        (split, rows), *others = load_dataset(root, name).items()
        files = sorted(Path(root).glob(("data" if name == "tasks" else name) + "/*.parquet"))
        second = [row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()]
        types = {column: str(feature) for column, feature in rows.features.items()}
        found[name] = {"splits": [split, *(other for other, _ in others)], "count": len(rows), "types": types}
        found[name]["second_reader_agrees"] = rows.to_list() == second
    return found


def refusals(*roots):
    return [error_of(lambda root=root: hub(root)) for root in roots]


def rows(*files):
    return [load_rows(file).to_list() for file in files]


def load_rows(file):
    kind = "parquet" if file.endswith(".parquet") else "json"
    return load_dataset(kind, data_files=file, split="train")


def chat(*questions):
    from trl.data_utils import is_conversational

    answers = []
    for question in questions:
        file, columns = question.split("=")
        found = load_rows(file)
        answers.append({c: all(is_conversational({c: row[c]}) for row in found) for c in columns.split(",")})
    return answers


def atif(*files):
    from harbor.models.trajectories.trajectory import Trajectory

    return [error_of(lambda file=file: Trajectory.model_validate_json(Path(file).read_text())) for file in files]


def arrow(file):
    table = pyarrow.ipc.open_file(file).read_all()
    return {"types": {field.name: str(field.type) for field in table.schema}, "rows": table.to_pylist()}


def croissant(*files):
    return [records(file) for file in files]


def records(file):
    import mlcroissant

    try:
        dataset = mlcroissant.Dataset(jsonld=file)
        warnings = list(dataset.metadata.ctx.issues.warnings)
        counts = {record.id: sum(1 for _ in dataset.records(record_set=record.id)) for record in dataset.metadata.record_sets}
        return {"warnings": warnings, "counts": counts}
    except mlcroissant.ValidationError as error:
        return {"refused": str(error)}


def error_of(work):
    try:
        work()
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)
    return ""


print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
