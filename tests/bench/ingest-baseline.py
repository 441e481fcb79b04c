"""A straightforward importer to compare with: json for reading, lists of dicts, pyarrow for writing.

Reads SWE-agent, mini-swe-agent, ATIF, lists of messages, OpenHands events and JSON lines into three tables. It tells
formats by their keys, joins no verdicts, refuses nothing, and overwrites secrets only with --redact.
"""

import gzip
import hashlib
import json
import os
import re
import resource
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq

SECRETS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\s\\]*|\bsk-[A-Za-z0-9_-]{20,}|\bgh[pousr]_[A-Za-z0-9]{30,}|"
    rb"\bAKIA[A-Z0-9]{16}|\bAIza[A-Za-z0-9_-]{35}|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bhf_[A-Za-z0-9]{30,}|"
    rb"\bBearer [A-Za-z0-9._~+/-]{24,}|://[^\s\"'@/:]{1,64}:[^\s\"'@/:]{6,128}@|"
    rb"(?:api_?key|secret_?key|access_?token|password)\\?[\"']?\s{0,3}[=:]\s{0,3}\\?[\"']?[A-Za-z0-9_/+-]{24,}"
)


def text_of(content):
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text_of(part) for part in content)
    if isinstance(content, dict):
        return text_of(content.get("text") or content.get("content") or "")
    return "" if content is None else str(content)


def read(document):
    """Fields of a trace, and its turns as (source, text, calls)."""
    if isinstance(document, list):
        return {}, turns_of_messages(document)
    if "trajectory" in document and isinstance(document["trajectory"], list) and document["trajectory"] and "action" in document["trajectory"][0]:
        info = document.get("info", {})
        turns = [
            ("agent", step.get("response") or "", [((step["action"].split() or [""])[0], step["action"], text_of(step["observation"]))])
            for step in document["trajectory"]
        ]
        return {"submission": info.get("submission"), "exit_status": info.get("exit_status")}, turns
    if "steps" in document and "agent" in document:
        turns = []
        for step in document["steps"]:
            results = (step.get("observation") or {}).get("results") or []
            calls = [
                (call["function_name"], json.dumps(call["arguments"]), text_of(results[at]["content"]) if at < len(results) and "content" in results[at] else None)
                for at, call in enumerate(step.get("tool_calls") or [])
            ]
            turns.append((step["source"], text_of(step.get("message")), calls))
        return {}, turns
    for key in ("messages", "traj", "trajectory", "history"):
        if isinstance(document.get(key), list):
            info = document.get("info") or {}
            return {"submission": info.get("submission"), "exit_status": info.get("exit_status")}, turns_of_messages(document[key])
    return None, []


def turns_of_messages(messages):
    turns, waiting = [], []
    for message in messages:
        if not isinstance(message, dict):
            continue
        role = message.get("role") or message.get("source") or ""
        text = text_of(message.get("content") if "content" in message else message.get("message"))
        if role == "tool" and waiting:
            waiting.pop(0)[2] = text
            continue
        calls = []
        for call in message.get("tool_calls") or []:
            function = call.get("function") or {}
            name = function if isinstance(function, str) else function.get("name")
            calls.append([name, function.get("arguments") if isinstance(function, dict) else json.dumps(call.get("arguments")), None])
        blocks = re.findall(r"```bash\s*\n(.*?)\n```", text, re.S) if role == "assistant" and not calls else []
        if len(blocks) == 1:
            calls.append(["bash", blocks[0], None])
        waiting = calls or waiting
        turns.append(("agent" if role == "assistant" else role, text, calls))
    return turns


def documents(path, redact):
    data = open(path, "rb").read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    digest = hashlib.sha256(data).hexdigest()
    if redact:
        data = SECRETS.sub(b"[redacted]", data)
    text = data.decode("utf-8", "replace")
    try:
        yield digest, json.loads(text)
        return
    except ValueError:
        pass
    for line in text.splitlines():
        try:
            yield digest, json.loads(line)
        except ValueError:
            continue


def main(folder, out, redact):
    started = time.time()
    traces, steps, calls = [], [], []
    writers = {}

    def flush(name, rows):
        if rows:
            table = pa.Table.from_pylist(rows)
            if name not in writers:
                writers[name] = pq.ParquetWriter(os.path.join(out, name + ".parquet"), table.schema, compression="zstd", compression_level=1)
            writers[name].write_table(table.cast(writers[name].schema))
            rows.clear()

    size = 0
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(root, name)
            for digest, document in documents(path, redact):
                for one in document if isinstance(document, list) and document and isinstance(document[0], dict) and "traj" in document[0] else [document]:
                    if not isinstance(one, (dict, list)):
                        continue
                    fields, turns = read(one)
                    if not turns:
                        continue
                    trace_id = digest[:24] + str(len(traces))
                    traces.append({"trace_id": trace_id, "uri": path, "submission": (fields or {}).get("submission"), "exit_status": (fields or {}).get("exit_status"), "steps": len(turns)})
                    for at, (source, text, made) in enumerate(turns):
                        steps.append({"trace_id": trace_id, "step_id": at, "source": source, "message": text})
                        size += len(text)
                        for index, (tool, arguments, result) in enumerate(made):
                            calls.append({"trace_id": trace_id, "step_id": at, "call_index": index, "tool": str(tool), "arguments": str(arguments), "result": result})
                            size += len(result or "")
            if size > 48 << 20:
                flush("steps", steps)
                flush("tool_calls", calls)
                size = 0
    count = len(traces)
    flush("traces", traces)
    flush("steps", steps)
    flush("tool_calls", calls)
    for writer in writers.values():
        writer.close()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"wall_s": time.time() - started, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024, "traces": count}))


main(sys.argv[1], sys.argv[2], "--redact" in sys.argv)
