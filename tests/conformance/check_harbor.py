"""What Harbor's own models say of an export: `check_harbor.py EXPORT` prints one JSON object."""

import io
import json
import sys
import tarfile
import tomllib
import warnings
from pathlib import Path

import pyarrow.parquet
from harbor.models.dataset.manifest import DatasetManifest
from harbor.models.task.config import TaskConfig
from harbor.models.task.task import Task
from harbor.models.task.verifier_mode import resolve_task_verifier_mode, resolve_verifier_environment_definition
from harbor.publisher.packager import Packager


def main(root):
    manifest_text = (root / "dataset.toml").read_text()
    manifest = DatasetManifest.from_toml(manifest_text)
    raw = tomllib.loads(manifest_text)
    digests = {task["path"]: task["digest"] for task in raw["tasks"]}
    return {
        "dataset": manifest.dataset.name,
        "task_count": manifest.unique_task_count,
        # our `path` is rLLM's, not Harbor's
        "dataset_lost": lost({**raw, "tasks": [without(t, "path") for t in raw["tasks"]]}, manifest.model_dump(mode="json")),
        "tasks": [look_at(root, path, digest) for path, digest in digests.items()],
        "archives_differ": archives_differ(root),
    }


def look_at(root, path, digest):
    folder = root / path
    raw = tomllib.loads((folder / "task.toml").read_text())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        task = Task(folder)
        definition = resolve_verifier_environment_definition(task.config, task.paths)
    return {
        "name": task.name,
        "is_valid": Task.is_valid_dir(folder),
        "mode": resolve_task_verifier_mode(task.config).value,
        "bundled_tests": definition.bundled_tests if definition else None,
        "instruction": len(task.instruction.strip()) > 0,
        "lost": lost(raw, TaskConfig.model_validate_toml((folder / "task.toml").read_text()).model_dump(mode="json")),
        "digest_agrees": "sha256:" + Packager.compute_content_hash(folder)[0] == digest,
        "warnings": [str(warning.message) for warning in caught],
    }


def lost(raw, kept, at=""):
    """What went in and did not come out: Harbor drops tables that it does not know without a word."""
    if isinstance(raw, dict):
        if not isinstance(kept, dict):
            return [at]
        return [item for key, value in raw.items() for item in lost(value, kept.get(key), f"{at}.{key}")]
    if isinstance(raw, list):
        if not isinstance(kept, list) or len(kept) != len(raw):
            return [at]
        return [item for index, value in enumerate(raw) for item in lost(value, kept[index], f"{at}[{index}]")]
    return [] if raw == kept else [at]


def without(table, key):
    return {name: value for name, value in table.items() if name != key}


def archives_differ(root):
    """Tasks whose archive in tasks.parquet is not the folder."""
    rows = pyarrow.parquet.read_table(root / "tasks.parquet").to_pylist()
    return [row["path"] for row in rows if unpacked(row["task_binary"]) != folder_files(root / "tasks" / row["path"])]


def unpacked(archive):
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers() if member.isfile()}


def folder_files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


print(json.dumps(main(Path(sys.argv[1]))))
