"""Runs cases, starts and stops programs, keeps what they said."""

import collections
import concurrent.futures
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
import urllib.request

HOST = "127.0.0.1"
PATIENCE = 60
# Nothing is excused of our sides but these two, and only where the octets stand that the matrix itself has sent.
#
# RFC 5321 sections 4.1.1.4 and 4.5.3.1.6 have a SHOULD for the content of a message. Our clients are given these messages, and send
# what they are given. The octets are of messages.EIGHT_BIT, LONG_LINE and TOO_LONG_LINE.
OF_CONTENT = {
    "control-character": (bytes(range(1, 10)),),
    "text-line-too-long": (b"z" * 1999, b"x" * 999),
}
# RFC 5321 section 4.1.2 has a MUST: a command with an octet that no domain may contain, such as "_", is rejected with 501. The
# dialect `RECEIVER`, the default of our servers, takes such a name in a hello on purpose, since hosts send the names that they were
# given (`Dialect::hello_names`), and --strict refuses it. The matrix sends this name alone.
BY_CHOICE = "domain-character-accepted"
CHOSEN = re.compile(r"(?:EHLO|HELO|LHLO)\s+my_pc\.?\s*", re.IGNORECASE)


def is_excused(line):
    """The violation of our side has its reason in octets that the matrix has sent: the command that was answered, or the message."""
    with open(line["file"]) as file:
        records = [record for record in map(json.loads, file) if "data" in record]
    before = records[:line["record"] + 1]
    sent = [record["data"].encode("latin-1") for record in before if record["dir"] == "C"]
    if line["who"] == "server":
        return line["violation"] == BY_CHOICE and bool(CHOSEN.fullmatch(sent[-1].decode("latin-1")))
    # A line may be cut between two records.
    content = b"".join(sent + [record["data"].encode("latin-1") for record in records[len(before):] if record["dir"] == "C"])
    return any(octets in content for octets in OF_CONTENT.get(line["violation"], ()))


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
        matrix.started += 1
        self.log = matrix.folder / f"{matrix.started}.log"
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


class Keeps:
    """A server that keeps message N as N.eml and N.json in a folder, and which of them a case has looked at."""

    def keep_in(self, folder):
        self.folder, self.taken = folder, 0

    def next(self):
        """Envelope and content of the next message. The envelope is written last."""
        self.taken += 1
        envelope = self.folder / f"{self.taken}.json"

        def read():
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                return json.loads(envelope.read_text())

        return until(f"message {self.taken}", read), (self.folder / f"{self.taken}.eml").read_bytes()

    def expect(self, content, to=("ann@mx.example",), sender="joe@client.example"):
        """The next message is this one, to the octet. Returns its envelope."""
        envelope, got = self.next()
        same(got, content)
        assert (envelope["from"], envelope["to"]) == (sender, list(to)), envelope
        return envelope

    def expect_nothing(self):
        self.is_alive()
        more = self.folder / f"{self.taken + 1}.eml"
        assert not more.exists(), "a message was taken that should have been refused"

    def forget(self):
        """Passes over what a failed case has left."""
        while (self.folder / f"{self.taken + 1}.eml").exists():
            self.taken += 1


class Lab(Daemon):
    """A subcommand of smtp-lab that serves, and where it listens. `ours`: the sides of its sessions that are of this repository."""

    def __init__(self, matrix, name, subcommand, *arguments, ours, listening=1, recorded=True):
        record = ["--record", matrix.new_captures(name, ours)] if recorded else []
        super().__init__(matrix, name, [matrix.lab, subcommand, "--listen", f"{HOST}:0", *arguments, *record])
        pattern = re.compile(r"^(?:listening|web page) .*:(\d+)/?$", re.MULTILINE)

        def found():
            ports = pattern.findall(self.said())
            return self.is_alive() and len(ports) >= listening and ports

        self.ports = [int(port) for port in until(f"{name} to listen", found)]
        self.port = self.ports[0]

    def stop(self):
        """SIGTERM says 421 to every session, and then the captures are written; the exit status is 0."""
        self.is_alive()
        super().stop()
        assert self.process.returncode == 0, f"{self.name} ended with status {self.process.returncode}"


class Mock(Keeps, Lab):
    """Our server, and the messages that it has taken."""

    def __init__(self, matrix, *flags, ours=("server",), **options):
        self.keep_in(matrix.new_folder("mock"))
        shown = [flag for flag in flags if flag in ("--lenient", "--strict", "--lmtp", "--require-auth", "--require-tls")]
        super().__init__(matrix, " ".join(["mock", *shown]), "mock", "--out", self.folder, *flags, ours=ours, **options)

    def stop(self):
        """What it has said of its own side, of all sessions and as they happened, is nothing."""
        super().stop()
        wrong, last = [], {}
        for line in self.said().splitlines():
            session, _, shown = line.partition(" ")
            if shown.startswith("C: "):
                last[session] = shown[3:]
            elif shown.startswith("   ^ server "):
                chosen = shown.endswith(f", {BY_CHOICE})") and "--strict" not in self.name and CHOSEN.fullmatch(last.get(session, ""))
                wrong += [] if chosen else [line]
        assert not wrong, f"{self.name} against a clause:\n" + "\n".join(wrong[:20])

    def ask(self, what):
        """What the API answers; it is the last address where one was asked for."""
        with urllib.request.urlopen(f"http://{HOST}:{self.ports[-1]}/api/{what}", timeout=PATIENCE) as answer:
            return json.load(answer)


class Matrix:
    """All cases and their results."""

    def __init__(self, built, only, folder):
        self.built, self.only, self.folder = pathlib.Path(built).resolve(), only, folder
        self.lab = self.built / "smtp-lab"
        self.daemons, self.rows, self.transcript, self.folders = [], [], [], 0
        self.captures, self.proxies, self.started = [], {}, 0

    def new_folder(self, name):
        self.folders += 1
        folder = self.folder / f"{name}-{self.folders}"
        folder.mkdir()
        return folder

    def new_captures(self, name, ours):
        """A folder for the captures of sessions in which these sides are ours."""
        folder = self.new_folder("captures")
        self.captures.append((name, ours, folder))
        return folder

    def watched(self, port, ours):
        """A port that leads to this one, past a proxy that records what is said."""
        if port not in self.proxies:
            name = f"proxy for {'our ' + ours} at {port}"
            arguments = ["--to", f"{HOST}:{port}", "--quiet"]
            self.proxies[port] = Lab(self, name, "proxy", *arguments, ours=(ours,))
        return self.proxies[port].port

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
                if isinstance(daemon, Keeps):
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

    def end(self, *daemons):
        """Stops these, and the proxies that lead to them."""
        for daemon in daemons:
            self.forget(daemon.port)
            self.halt(daemon)

    def forget(self, port):
        """Stops the proxy that leads to this port, if there is one."""
        proxy = self.proxies.pop(port, None)
        if proxy:
            self.halt(proxy)

    def stop(self):
        while self.daemons:
            self.halt(self.daemons[-1])

    def halt(self, daemon):
        """Stops it. One that does not end as it should fails."""
        self.daemons.remove(daemon)
        try:
            daemon.stop()
        except AssertionError as error:
            print(f"\n--- {error}")
            self.rows.append(("", daemon.name, "its end", "FAILED", ""))

    def audit(self):
        """Judges every session that was recorded. What is wrong with our side fails; what is wrong with others is told."""
        start, sessions, messages, wrong, others = time.monotonic(), 0, 0, [], collections.Counter()

        def judge(captures):
            name, ours, folder = captures
            files = sorted(folder.iterdir())
            if not files:
                return []
            done = subprocess.run([self.lab, "audit", "--json", *files], stdout=subprocess.PIPE, text=True)
            assert done.returncode in (0, 1), f"audit: status {done.returncode}"
            return [(name, ours, json.loads(line)) for line in done.stdout.splitlines()]

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            lines = [line for judged in workers.map(judge, self.captures) for line in judged]
        for name, ours, line in lines:
            if "summary" in line:
                sessions += 1
                messages += line["summary"]["messages"]
            elif line["who"] not in ours:
                others[line["who"], line["violation"], line["clause"], line["level"]] += 1
            elif not is_excused(line) or (line["violation"] == BY_CHOICE and "--strict" in name):
                wrong.append((name, line))
        for name, line in wrong[:20]:
            print(f"\n--- {name}: our {line['who']}: {line['text']} ({line['clause']}, {line['violation']})")
            said = subprocess.run([self.lab, "audit", line["file"]], stdout=subprocess.PIPE).stdout.decode(errors="replace").splitlines()
            at = next(at for at, row in enumerate(said) if row.endswith(f"{line['clause']}, {line['violation']})"))
            print("\n".join(row[:300] for row in said[max(at - 25, 0):at + 5]))
        if len(wrong) > 20:
            print(f"\n--- and {len(wrong) - 20} more by our sides")
        if others:
            print("\nsaid by others and against a clause:")
            for (who, *kind), count in sorted(others.items()):
                print(f"  {count:5} {who}: {', '.join(kind)}")
        what = f"our sides in {sessions} sessions, {messages} messages"
        good = sessions > 0 and not wrong
        self.rows.append(("audit", "all records", what, "ok" if good else "FAILED", f"{time.monotonic() - start:.1f} s"))

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
