#!/usr/bin/env python3
"""Runs the SMTP conformance vectors against an implementation in any language. Copy this file; it needs nothing but Python 3.9.

    run_vectors.py [--exact] [--without WORD,...] FILE... -- ADAPTER...

ADAPTER is a program of yours. It reads a vector a line, and writes for each a line: {"result": "accept" | "reject" | "incomplete" | "skip"},
and of "value", "code", "enhanced", "offset", "consumed" (for a sequence "steps", "greeting", "deliver") what it has; only what is there is
compared. --without skips the vectors with this word as kind, dialect, op, leniency or verb, or in "needs". --exact takes no "also_ok".
Exit status: 0, or 1 where a result differs. The README of the vectors says what the fields mean.
"""
import argparse
import json
import subprocess
import sys


def agrees(wanted, got):
    return all(got[name] == value for name, value in wanted.items() if name in got)


def step_agrees(wanted, got, exact):
    others = [] if exact else wanted.get("also_ok", [])
    names = [name for name in ("replies", "state", "allowed", "outcome") if name in wanted and name in got]
    return all(got[name] == wanted[name] or any(other.get(name) == got[name] for other in others) for name in names)


def passes(vector, got, exact):
    result, value = got["result"], vector.get("value")
    others = [] if exact else vector.get("also_ok", [])
    if vector["kind"] == "sequence":
        ends = {name: value[name] for name in ("greeting", "deliver") if name in value}
        results = [vector["expect"], *(other["expect"] for other in others)]
        return result in results and agrees(ends, got) and all(step_agrees(*pair, exact) for pair in zip(value["steps"], got.get("steps", [])))
    if result in others or (result == "accept" and "value" in got and got["value"] in others):
        return True
    if result != vector["expect"] or value is None or result == "incomplete":
        return result == vector["expect"]
    return agrees(value, got) if result == "reject" else got.get("value", value) == value


def words(vector):
    value = vector.get("value") if isinstance(vector.get("value"), dict) else {}
    return {vector.get(name) for name in ("kind", "dialect", "op", "leniency")} | {value.get("verb")} | set(vector.get("needs", []))


parser = argparse.ArgumentParser(usage=__doc__)
parser.add_argument("--exact", action="store_true")
parser.add_argument("--without", default="")
parser.add_argument("files", nargs="+")
at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
options, adapter = parser.parse_args(sys.argv[1:at]), sys.argv[at + 1:]
vectors = [json.loads(line) for file in options.files for line in open(file, encoding="utf-8") if line.strip()]
played = [vector for vector in vectors if not words(vector) & set(options.without.split(","))]
said = subprocess.run(adapter, input="".join(json.dumps(vector) + "\n" for vector in played), stdout=subprocess.PIPE, text=True, encoding="utf-8")
# An adapter may write a code as a number.
results = [json.loads(line, object_hook=lambda one: one | {"code": f"{one['code']:0>3}"} if "code" in one else one)
           for line in said.stdout.split("\n") if line]
wrong = [pair for pair in zip(played, results) if pair[1]["result"] != "skip" and not passes(*pair, options.exact)]
for vector, got in wrong:
    print(f"{vector['id']}: expected {vector['expect']}, got {json.dumps(got)} ({vector['clause']})")
skipped = len(vectors) - len(played) + sum(got["result"] == "skip" for got in results)
print(f"{len(vectors)} vectors, {skipped} skipped, {len(wrong)} differ, {len(played) - len(results)} without a result")
sys.exit(1 if wrong or len(results) != len(played) else 0)
