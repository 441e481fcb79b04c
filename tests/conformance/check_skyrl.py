"""What SkyRL's own reader hands to its trainer: `check_skyrl.py FILE...` prints the batch of each file, or why there is none."""

import json
import sys

from skyrl.train.dataset import PromptDataset
from words import words


def batch(file, longest=100_000):
    dataset = PromptDataset(file, words(), max_prompt_length=longest, num_workers=1)
    return dataset.collate_fn([dataset[index] for index in range(len(dataset))])


def read(file):
    try:
        return {"batch": batch(file), "of_five_words": len(batch(file, longest=5))}
    except Exception as error:
        return {"refused": "%s: %s" % (type(error).__name__, error)}


print(json.dumps([read(file) for file in sys.argv[1:]]))
