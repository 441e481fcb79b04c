"""What verl's own reader hands to its trainer: `check_verl.py CACHE FILE...` prints the rows of each file, or why there are none."""

import contextlib
import json
import sys

from omegaconf import OmegaConf
from words import words
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn


def rows(cache, file, longest=100_000):
    config = OmegaConf.create(
        {"cache_dir": cache, "max_prompt_length": longest, "return_raw_chat": True, "filter_overlong_prompts_workers": 1}
    )
    dataset = RLHFDataset(file, words(), config)
    return [dataset[index] for index in range(len(dataset))]


def read(cache, file):
    try:
        found = rows(cache, file)
        batch = collate_fn(found)
        return {
            "rows": [{name: row[name] for name in row if name != "dummy_tensor"} for row in found],
            "columns": sorted(batch),
            "of_five_words": len(rows(cache, file, longest=5)),
        }
    except Exception as error:
        return {"refused": "%s: %s" % (type(error).__name__, error)}


with contextlib.redirect_stdout(sys.stderr):
    answers = [read(sys.argv[1], file) for file in sys.argv[2:]]
print(json.dumps(answers, default=str))
