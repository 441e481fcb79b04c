"""What Harbor's verifier reads from a folder of logs: `check_reward.py LOGS`."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

from harbor.models.verifier.result import VerifierResult
from harbor.verifier.verifier import Verifier

logs = Path(sys.argv[1])
paths = SimpleNamespace(reward_json_path=logs / "reward.json", reward_text_path=logs / "reward.txt")
verifier = SimpleNamespace(trial_paths=paths)
read = {"json": Verifier._parse_reward_json(verifier), "text": Verifier._parse_reward_text(verifier)}
VerifierResult(rewards=read["json"])
print(json.dumps(read))
