"""Plays every client against every server it can talk to, and prints what came of it."""

import pathlib
import sys
import tempfile
import time

import clients
import dovecot
import node
import programs
import relays
import results
import servers
import sites
import survival
import tls
from harness import Matrix


def main():
    only = sys.argv[2] if len(sys.argv) > 2 else None
    start = time.monotonic()
    # Postfix wants every folder above its own to belong to root, and its daemons have to get through.
    with tempfile.TemporaryDirectory(prefix="interop-", dir="/var/tmp") as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        matrix = Matrix(sys.argv[1], only, folder)
        try:
            if only in ("results", "record"):
                matrix.only = sys.argv[3] if len(sys.argv) > 3 else None
                results.record(matrix) if only == "record" else results.play(matrix, sampled=False)
            else:
                for part in (results, clients, programs, servers, node, dovecot, relays, sites, tls, survival):
                    part.play(matrix)
        finally:
            matrix.stop()
        if matrix.captures:
            matrix.audit()
        good = matrix.table()
    print(f"{time.monotonic() - start:.0f} s")
    sys.exit(0 if good else 1)


main()
