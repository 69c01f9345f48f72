"""`smtp-lab conform` judges released programs, and its verdicts are those in `lab/results`.

A verdict that is another one fails, unless the version of the program is another one too: then it is told. `.ci/interop record` writes
the files anew, and `.ci/interop results` compares all. Among the other cases a client that is slow to start
plays the checks that it does not pass, and a sixth of the others. The programs and their options are in `judged.py`.
"""

import concurrent.futures
import fnmatch
import json
import os
import pathlib
import subprocess
import sys

from judged import clients, said, servers

FOLDER = pathlib.Path(__file__).parents[2] / "lab" / "results"
sys.path.insert(0, str(FOLDER))
from record import rows  # noqa: E402

# A folder for all that the testers say, for those who look closer.
KEEP = os.environ.get("KEEP")
# A run that takes longer is stuck.
MOST = 900
# So many testers run at once, and so many play the checks of one client: most of the time they wait for what may come.
AT_ONCE, PARTS = 16, 4


def start(workers, matrix, judged, arguments, sampled):
    """Begins to judge a program, and returns a function that waits for its rows."""
    side = "server" if judged.is_server else "client"

    def run(*options):
        command = [str(part) for part in (matrix.lab, "conform", side, *options, *arguments)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", timeout=MOST)
        assert done.returncode in (0, 1), f"{command}: status {done.returncode}\n{done.stderr[-2000:]}"
        return done.stdout.split("\n")[:-1]

    def after_its_start():
        # A server that listens need not be ready yet.
        run("--only", "quit")
        return run()

    if judged.is_server:
        parts = [workers.submit(after_its_start)]
    else:
        checks = [line.split()[0] for line in said(matrix.lab, "conform", "client", "--list").splitlines() if line]
        watched = [check for check in checks if check.startswith("observer-")]
        played = [check for check in checks if check not in watched]
        if sampled and judged.slow:
            passed = {check for check, verdict in recorded(judged).items() if verdict == "pass"}
            often = [check for check in played if check in passed]
            played = [check for check in played if check not in often or often.index(check) % 6 == 0]
        parts = [workers.submit(run, "--only", ",".join(played[part::PARTS] + watched)) for part in range(PARTS)]

    def wait():
        lines = [line for part in parts for line in part.result()]
        if KEEP:
            pathlib.Path(KEEP, f"{judged.file}.json").write_text("".join(line + "\n" for line in lines))
        told = {row["check"]: row for row in rows(lines, judged.program, judged.version, judged.configuration)}
        return sorted(told.values(), key=lambda row: row["check"])

    return wait


def recorded(judged):
    """The recorded verdicts of a program, by their checks."""
    lines = (FOLDER / f"{judged.file}.jsonl").read_text().splitlines()
    return {row["check"]: row["verdict"] for row in map(json.loads, lines)}


def kept(judged, played):
    """The rows without those that `left-out.txt` names: a file and a pattern of checks on each line."""
    lines = (line.split("#")[0].split() for line in (FOLDER / "left-out.txt").read_text().splitlines())
    patterns = [line[1] for line in lines if line[:1] == [judged.file]]
    return [row for row in played if not any(fnmatch.fnmatch(row["check"], pattern) for pattern in patterns)]


def each(matrix, test, sampled=False):
    """Judges every program, some at once, and has a case for each."""
    judged = [one for one in (*servers(matrix), *clients()) if matrix.only in (None, "conform", one.file)]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as workers:
        begun = [(one, *one.begin()) for one in judged]
        running = [(one, start(workers, matrix, one, arguments, sampled)) for one, arguments, _ in begun]
        for one, wait in running:
            pair = ("conform", one.program) if one.is_server else (one.program, "conform")
            matrix.case(*pair, f"{one.version}, {one.file}.jsonl", lambda: test(one, wait()))
    matrix.end(*(daemon for *_, daemons in begun for daemon in daemons))


def play(matrix, sampled=True):
    def compare(one, played):
        told = json.loads((FOLDER / f"{one.file}.jsonl").read_text().splitlines()[0])
        assert told["configuration"] == one.configuration, f"recorded with another configuration: {told['configuration']}"
        was, now = recorded(one), {row["check"]: row["verdict"] for row in kept(one, played)}
        # A violation that nobody has committed has no row.
        if sampled and one.slow:
            was = {check: verdict for check, verdict in was.items() if check in now}
        differences = [
            f"  {check}: recorded {was.get(check, 'nothing')}, now {now.get(check, 'nothing')}"
            for check in sorted({*was, *now}) if was.get(check) != now.get(check)
        ]
        what = "\n".join([f"{one.program} {one.version}, recorded {told['version']}: {len(differences)} verdicts differ", *differences])
        if told["version"] == one.version:
            assert not differences, what
        else:
            print(f"\n--- another version: {what}")

    each(matrix, compare, sampled)


def record(matrix):
    def write(one, played):
        (FOLDER / f"{one.file}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept(one, played)))

    each(matrix, write)
