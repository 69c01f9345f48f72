"""Makes rows of results from what `smtp-lab conform ... --json` prints.

    smtp-lab conform server HOST:PORT --rcpt ANN --json | python3 record.py PROGRAM VERSION CONFIGURATION > program.jsonl
"""

import datetime
import json
import sys


def rows(lines, program, version, configuration):
    """A row for each check."""
    date = datetime.date.today().isoformat()
    told = (json.loads(line) for line in lines)
    return [
        {
            "program": program, "version": version, "configuration": configuration,
            "check": row["check"], "verdict": row["verdict"], "date": date,
        }
        for row in told if "check" in row
    ]


if __name__ == "__main__":
    for row in rows(sys.stdin, *sys.argv[1:]):
        print(json.dumps(row))
