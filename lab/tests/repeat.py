"""Runs `smtp-lab conform` again and again, and tells the checks whose verdict is not the same each time.

    python3 lab/tests/repeat.py [--load] 20 smtp-lab conform server 127.0.0.1:2525 --rcpt ann@mx.example

`--load` keeps every processor busy meanwhile, twice over. Exit status: 0 where all runs agree, 1 otherwise.
"""

import collections
import json
import os
import subprocess
import sys

arguments = sys.argv[1:]
load = arguments[0] == "--load" and arguments.pop(0)
times, *command = arguments
# The options of the tester end where the command of a client begins.
at = command.index("--") if "--" in command else len(command)
command[at:at] = ["--json"]

busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * os.cpu_count())] if load else []
try:
    verdicts = collections.defaultdict(collections.Counter)
    for run in range(int(times)):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8")
        assert done.returncode in (0, 1), f"status {done.returncode}"
        rows = [json.loads(line) for line in done.stdout.split("\n") if line]
        for row in rows:
            if "check" in row:
                verdicts[row["check"]][row["verdict"]] += 1
        print(f"run {run + 1}: {rows[-1]['summary']}", flush=True)
finally:
    for process in busy:
        process.kill()

# A violation that was found in some runs alone has fewer verdicts.
unsure = {check: dict(counts) for check, counts in verdicts.items() if list(counts.values()) != [int(times)]}
for check, counts in unsure.items():
    print(f"{check}: {counts}")
print(f"{times} runs, {len(verdicts)} checks, {len(unsure)} not the same each time")
sys.exit(1 if unsure else 0)
