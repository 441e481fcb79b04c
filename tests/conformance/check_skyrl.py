"""What SkyRL's own reader hands to its trainer: `check_skyrl.py FILE...` prints the batch of each file, or why there is none."""

import json
import sys

from skyrl.train.dataset import PromptDataset
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import PreTrainedTokenizerFast


def words():
    """A tokenizer that counts words: nothing is downloaded."""
    tokenizer = Tokenizer(WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="?", chat_template=template)


def batch(file, longest=100_000):
    dataset = PromptDataset(file, words(), max_prompt_length=longest, num_workers=1)
    return dataset.collate_fn([dataset[index] for index in range(len(dataset))])


def read(file):
    try:
        return {"batch": batch(file), "of_five_words": len(batch(file, longest=5))}
    except Exception as error:
        return {"refused": "%s: %s" % (type(error).__name__, error)}


print(json.dumps([read(file) for file in sys.argv[1:]]))
