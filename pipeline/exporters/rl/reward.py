"""Sample reward functions over what the evaluation script of a row prints: one TAP line a test.

A row is judged by running its `eval_script` in its image after the patch was applied. Hand the log to the function of
your trainer. Components are in alphabetical order: full_repair, partial_repair, preservation. Keeping tests green earns
nothing before a failing one is repaired, so a patch that does nothing gets 0.
"""

import json
import re

WEIGHTS = {"full_repair": 0.5, "partial_repair": 0.3, "preservation": 0.2}
_LINE = re.compile(r"^(ok|not ok) \d+ (.+)$", re.MULTILINE)


def components(log, fail_to_pass, pass_to_pass):
    """The reward vector of one attempt. What is not in the log did not pass."""
    output = log.split(">>>>> Start Test Output")[-1].split(">>>>> End Test Output")[0]
    passed = {name for word, name in _LINE.findall(output) if word == "ok"}
    fixed = sum(test in passed for test in fail_to_pass)
    kept = sum(test in passed for test in pass_to_pass)
    return {
        "full_repair": float(fixed == len(fail_to_pass) and kept == len(pass_to_pass)),
        "partial_repair": fixed / len(fail_to_pass),
        "preservation": kept / len(pass_to_pass) if fixed else 0.0,
    }


def reward(log, fail_to_pass, pass_to_pass):
    return sum(WEIGHTS[name] * value for name, value in components(log, fail_to_pass, pass_to_pass).items())


def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    """verl: custom_reward_function. `solution_str` is the log; verl takes `score` and reports the others."""
    truth = json.loads(ground_truth)
    parts = components(solution_str, truth["fail_to_pass"], truth["pass_to_pass"])
    return {"score": sum(WEIGHTS[name] * value for name, value in parts.items()), **parts}


def skyrl_reward(reward_spec, log):
    """SkyRL: of the `reward_spec` of a row."""
    truth = json.loads(reward_spec["ground_truth"])
    return reward(log, truth["fail_to_pass"], truth["pass_to_pass"])


def nemo_reward(metadata, log):
    """NeMo: weighted components, so that `reward` is their sum."""
    instance = json.loads(metadata["instance_dict"])
    parts = components(log, json.loads(instance["FAIL_TO_PASS"]), json.loads(instance["PASS_TO_PASS"]))
    weighted = {name: WEIGHTS[name] * value for name, value in parts.items()}
    return {"reward": sum(weighted.values()), "reward_components": weighted}


def slime_reward(label, log):
    """slime: of the `label` of a sample."""
    truth = json.loads(label)
    return reward(log, truth["fail_to_pass"], truth["pass_to_pass"])


def trl_reward(completions, fail_to_pass, pass_to_pass, **columns):
    """TRL: reward_funcs. The last message of a completion is the log that a tool or an environment returned."""
    logs = [completion if isinstance(completion, str) else completion[-1]["content"] for completion in completions]
    return [reward(log, f2p, p2p) for log, f2p, p2p in zip(logs, fail_to_pass, pass_to_pass)]
