"""What `datasets`, `trl`, pandas and Harbor's ATIF models read.

check_datasets.py hub EXPORT            each configuration by load_dataset, and by a second reader
check_datasets.py rows FILE             one file of rows as trainers load it
check_datasets.py chat FILE COLUMN...   whether TRL takes the columns for conversations, and how it writes them out
check_datasets.py atif FILE...          errors of each trajectory; empty where Harbor takes it
"""

import json
import sys
from pathlib import Path

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


def rows(file):
    kind = "parquet" if file.endswith(".parquet") else "json"
    return load_dataset(kind, data_files=file, split="train").to_list()


def chat(file, *columns):
    from trl.data_utils import is_conversational

    found = load_dataset("parquet", data_files=file, split="train")
    return {column: all(is_conversational({column: row[column]}) for row in found) for column in columns}


def atif(*files):
    from harbor.models.trajectories.trajectory import Trajectory

    return [error_of(lambda file=file: Trajectory.model_validate_json(Path(file).read_text())) for file in files]


def error_of(work):
    try:
        work()
    except ValueError as error:
        return str(error)
    return ""


print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
