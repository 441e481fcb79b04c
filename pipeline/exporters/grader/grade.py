"""Grades what was handed in by running hidden tests in a fresh process. `verifier.json` beside this file says which.

grade.py --patch FILE --logs DIR   applies the patch, writes reward.json, reward.txt, details.json and ctrf.json
grade.py --tap                     prints one TAP line a test; exit status 1 unless every test passed
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def main(arguments):
    with open(os.path.join(HERE, "verifier.json"), encoding="utf-8") as file:
        verifier = json.load(file)
    if arguments == ["--tap"]:
        return tap(verifier, run(verifier))
    options = dict(zip(arguments[::2], arguments[1::2]))
    patch = apply(verifier, options["--patch"])
    outcome = run(verifier) if patch != "refused" else nothing(verifier)
    write(options["--logs"], verifier, outcome, patch)
    return 0


def apply(verifier, patch):
    """Puts the patch on the tree, without what it says of tests and of test configuration."""
    if not os.path.exists(patch) or os.path.getsize(patch) == 0:
        return "none"
    excludes = ["--exclude=%s" % path for path in verifier["protected"]]
    command = ["git", "-c", "safe.directory=*", "apply", "--whitespace=nowarn", *excludes, patch]
    done = subprocess.run(command, cwd=verifier["cwd"], capture_output=True, text=True)
    if done.returncode != 0:
        print("the patch does not apply: %s" % done.stderr.strip())
        return "refused"
    return "applied"


def run(verifier):
    """Starts the tests; their report comes by descriptor 3, apart from anything they print."""
    canary = "test_%s.py::test_%s%s" % (secrets.token_hex(6), secrets.token_hex(6), verifier["canaries"]["suffix"])
    with tempfile.TemporaryFile() as report, tempfile.NamedTemporaryFile("w", suffix=".json") as request:
        json.dump({**asked_for(), "canary": canary}, request)
        request.flush()
        os.dup2(report.fileno(), 3)
        command = [sys.executable, *verifier["argv"][1:]]
        environment = {**verifier["environment"], "SOCRATIC_REQUEST": request.name}
        started = {"cwd": verifier["cwd"], "env": environment, "stdin": subprocess.DEVNULL}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "pass_fds": (3,)}
        try:
            code = subprocess.run(command, timeout=verifier["timeout_sec"], **started, **quiet).returncode
        except subprocess.TimeoutExpired:
            code = 124
        report.seek(0)
        return believed(outcome_of(verifier, records(report.read()), code), canary)


def asked_for():
    with open(os.path.join(HERE, "request.json"), encoding="utf-8") as file:
        return json.load(file)


def believed(outcome, canary):
    """Where the test that must fail does not, something makes failures vanish, and no result counts. Where it alone
    fails, the run is green."""
    fails = outcome["results"].pop(canary, {}).get("status") in ("failed", "error")
    if outcome["status"] == "complete" and not fails:
        return {**outcome, "results": {}, "status": "forged"}
    is_green = fails and all(result["status"] in ("passed", "skipped") for result in outcome["results"].values())
    return {**outcome, "code": 0} if is_green and outcome["code"] == 1 else outcome


def records(report):
    found = []
    for line in report.decode("utf-8", "replace").splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def outcome_of(verifier, found, code):
    """A test that did not report did not pass; a run without its last record is not to be trusted as a whole."""
    results = {}
    for record in found:
        if record.get("t") == "test" and results.get(record["id"], {}).get("status", "passed") in ("passed", "skipped"):
            results[record["id"]] = {"status": record["status"], "message": record["message"], "ms": record["ms"]}
    kinds = {record.get("t") for record in found}
    whole = "end" in kinds and not kinds & {"collect_error", "internal_error"}
    asked = verifier["fail_to_pass"] + verifier["pass_to_pass"]
    trustworthy = whole and all(test_id in results for test_id in asked)
    status = "complete" if trustworthy else "broken" if "collect_error" in kinds else "incomplete"
    return {"results": results, "code": code, "status": status}


def nothing(verifier):
    return {"results": {}, "code": 1, "status": "patch_refused"}


def passed(outcome, test_id):
    return outcome["results"].get(test_id, {}).get("status") == "passed"


def reward(verifier, outcome, patch):
    """Keeping tests green earns nothing before a failing one is repaired: a patch that does nothing gets 0."""
    fixed = sum(passed(outcome, test_id) for test_id in verifier["fail_to_pass"])
    kept = sum(passed(outcome, test_id) for test_id in verifier["pass_to_pass"])
    f2p, p2p = len(verifier["fail_to_pass"]), len(verifier["pass_to_pass"])
    fixed_rate, kept_rate = fixed / f2p, kept / p2p
    full = float(fixed == f2p and kept == p2p)
    parts = {"full_repair": full, "partial_repair": fixed_rate, "preservation": kept_rate if fixed else 0.0}
    return {
        "reward": sum(verifier["weights"][name] * value for name, value in parts.items()),
        **parts,
        **{"f2p_total": f2p, "f2p_passed": fixed, "f2p_rate": fixed_rate},
        **{"p2p_total": p2p, "p2p_passed": kept, "p2p_rate": kept_rate},
        "regressions": p2p - kept,
        "exit_code": outcome["code"],
        "eval_trustworthy": int(outcome["status"] == "complete"),
        "patch_applied": int(patch == "applied"),
    }


def write(logs, verifier, outcome, patch):
    os.makedirs(logs, exist_ok=True)
    scores = reward(verifier, outcome, patch)
    asked = verifier["fail_to_pass"] + verifier["pass_to_pass"]
    failing = [test_id for test_id in asked if not passed(outcome, test_id)]
    details = {"parse_status": outcome["status"], "patch": patch, "not_passed": failing}
    put(logs, "details.json", json.dumps(details, indent=1))
    put(logs, "ctrf.json", json.dumps(ctrf(asked, outcome)))
    put(logs, "reward.txt", "%s\n" % scores["reward"])
    put(logs, "reward.json", json.dumps(scores, indent=1))
    for test_id in failing[:20]:
        print("not passed: %s: %s" % (test_id, message_of(outcome, test_id)))
    print("reward %s, run %s, patch %s" % (scores["reward"], outcome["status"], patch))


def ctrf(asked, outcome):
    names = {"passed": "passed", "skipped": "skipped"}
    tests = []
    for test_id in asked:
        found = outcome["results"].get(test_id, {"status": "missing", "ms": 0})
        status = names.get(found["status"], "failed")
        test = {"name": test_id, "status": status, "duration": found["ms"]}
        if status != "passed":
            test["message"] = message_of(outcome, test_id)
        tests.append(test)
    count = {name: sum(test["status"] == name for test in tests) for name in ("passed", "failed", "skipped")}
    summary = {"tests": len(tests), **count, "pending": 0, "other": 0, "start": 0, "stop": 0}
    return {"results": {"tool": {"name": "socratic-grader"}, "summary": summary, "tests": tests}}


def message_of(outcome, test_id):
    found = outcome["results"].get(test_id)
    return "did not report" if found is None else found["message"] or found["status"]


def put(folder, name, text):
    """The reward appears whole or not at all."""
    staged = os.path.join(folder, "." + name)
    with open(staged, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(staged, os.path.join(folder, name))


def tap(verifier, outcome):
    asked = verifier["fail_to_pass"] + verifier["pass_to_pass"]
    for number, test_id in enumerate(asked, 1):
        word = "ok" if passed(outcome, test_id) else "not ok"
        print("%s %d %s" % (word, number, verifier["log_names"].get(test_id, test_id)))
    print("# run %s" % outcome["status"])
    return 0 if outcome["status"] == "complete" and all(passed(outcome, test_id) for test_id in asked) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
