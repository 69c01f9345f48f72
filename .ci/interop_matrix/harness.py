"""Runs cases, starts and stops programs, keeps what they said."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import traceback

HOST = "127.0.0.1"
PATIENCE = 60


def until(what, condition, patience=PATIENCE):
    """Waits until the condition gives something true, and returns that."""
    end = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"waited {patience} s for {what}"
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def same(got, wanted, what="content"):
    """Two octet strings are equal, or it is told where they differ."""
    if got == wanted:
        return
    length = min(len(got), len(wanted))
    at = next((at for at in range(length) if got[at] != wanted[at]), length)
    near = slice(max(at - 40, 0), at + 40)
    raise AssertionError(
        f"{what} differs at octet {at}: {len(got)} octets in place of {len(wanted)}\n"
        f"  got    {got[near]!r}\n  wanted {wanted[near]!r}"
    )


class Daemon:
    """A program that runs until it is stopped, and its log."""

    def __init__(self, matrix, name, command, port=None, **options):
        self.name, self.port = name, port
        self.log = matrix.folder / f"{name}-{len(matrix.daemons)}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options,
            )
        matrix.daemons.append(self)
        if port:
            until(f"{name} to listen", lambda: self.is_alive() and listens(port))

    def is_alive(self):
        assert self.process.poll() is None, f"{self.name} ended with status {self.process.returncode}\n{self.said()[-2000:]}"
        return True

    def said(self):
        return self.log.read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(5)


class Mock(Daemon):
    """Our server, and the messages that it has taken."""

    def __init__(self, matrix, *flags):
        self.folder = matrix.new_folder("mock")
        self.taken = 0
        command = [matrix.built / "examples/mock_server", "--listen", f"{HOST}:0", "--out", self.folder, *flags]
        super().__init__(matrix, " ".join(["mock_server", *flags]), command)
        pattern = re.compile(r"listening on \S+:(\d+)\n")
        found = until("mock_server to listen", lambda: self.is_alive() and pattern.search(self.said()))
        self.port = int(found[1])

    def next(self):
        """Envelope and content of the next message. The envelope is written last."""
        self.taken += 1
        envelope = self.folder / f"{self.taken}.json"

        def read():
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                return json.loads(envelope.read_text())

        return until(f"message {self.taken}", read), (self.folder / f"{self.taken}.eml").read_bytes()

    def expect(self, content, to=("ann@mx.example",), sender="joe@client.example"):
        """The next message is this one, to the octet."""
        envelope, got = self.next()
        same(got, content)
        assert envelope == {"from": sender, "to": list(to)}, envelope

    def expect_nothing(self):
        self.is_alive()
        more = self.folder / f"{self.taken + 1}.eml"
        assert not more.exists(), "a message was taken that should have been refused"

    def forget(self):
        """Passes over what a failed case has left."""
        while (self.folder / f"{self.taken + 1}.eml").exists():
            self.taken += 1


class Matrix:
    """All cases and their results."""

    def __init__(self, built, only, folder):
        self.built, self.only, self.folder = pathlib.Path(built).resolve(), only, folder
        self.daemons, self.rows, self.transcript, self.folders = [], [], [], 0

    def new_folder(self, name):
        self.folders += 1
        folder = self.folder / f"{name}-{self.folders}"
        folder.mkdir()
        return folder

    def file(self, octets):
        """A file with this content, for a program that wants its name."""
        handle, name = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
        os.chmod(name, 0o644)
        return name

    def case(self, client, server, what, test, *arguments):
        """Runs one case, and goes on where it fails."""
        row = (client, server, what)
        if self.only and not any(self.only in cell for cell in row):
            return
        marks = {daemon: daemon.log.stat().st_size for daemon in self.daemons}
        self.transcript.clear()
        start = time.monotonic()
        try:
            test(*arguments)
            for daemon in self.daemons:
                daemon.is_alive()
            result = "ok"
        except Exception:
            result = "FAILED"
            print(f"\n--- {client} -> {server}: {what}\n{traceback.format_exc()}")
            for text in self.transcript:
                print(text)
            for daemon, mark in marks.items():
                said = daemon.log.read_bytes()[mark:].decode(errors="replace").splitlines()
                if said:
                    print(f"--- said by {daemon.name}, the last {min(60, len(said))} lines")
                    print("\n".join(line[:300] for line in said[-60:]))
            for daemon in self.daemons:
                if isinstance(daemon, Mock):
                    daemon.forget()
        self.rows.append((*row, result, f"{time.monotonic() - start:.1f} s"))

    def run(self, *command, stdin=b"", status=0):
        """Runs a program to its end, and returns what it said on both of its outputs."""
        command = [part if isinstance(part, bytes) else str(part) for part in command]
        try:
            done = subprocess.run(
                command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
        except subprocess.TimeoutExpired as late:
            self.transcript.append(f"--- {command}\n{(late.stdout or b'')[-4000:].decode(errors='replace')}")
            raise
        said = done.stdout.decode(errors="replace")
        self.transcript.append(f"--- {command}, status {done.returncode}\n{said[:2000]}\n[...]\n{said[-2000:]}")
        wanted = status if isinstance(status, tuple) else (status,)
        assert done.returncode in wanted, f"status {done.returncode} in place of {status}"
        return said

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.stop()

    def table(self):
        """The results; true where all are good."""
        titles = ("client", "server", "case", "result", "time")
        rows = [titles, tuple("-" * len(title) for title in titles), *self.rows]
        widths = [max(len(row[at]) for row in rows) for at in range(len(titles))]
        print()
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
        failed = sum(row[3] != "ok" for row in self.rows)
        print(f"\n{len(self.rows)} cases, {failed} failed")
        return bool(self.rows) and not failed
