"""Makes rows of results from what `smtp-lab conform ... --json` prints.

    smtp-lab conform server HOST:PORT --rcpt ANN --json | python3 record.py PROGRAM VERSION CONFIGURATION > program.jsonl
"""

import datetime
import json
import sys

program, version, configuration = sys.argv[1:]
for line in sys.stdin:
    row = json.loads(line)
    if "check" in row:
        date = datetime.date.today().isoformat()
        print(json.dumps({
            "program": program, "version": version, "configuration": configuration,
            "check": row["check"], "verdict": row["verdict"], "date": date,
        }))
