"""Load and faults against `smtp-lab mock`.

    cargo build --release -p smtp-lab
    python3 lab/tests/load/run.py target/release/smtp-lab

Needs smtp-source and smtp-sink of Debian's postfix. Sends many messages while other connections misbehave, compares what was kept with
what was sent, octet for octet, and measures memory and speed. Prints a table; ends with a traceback and exit status 1 where a message was
lost, doubled or changed. `--small` sends a hundredth.
"""

import collections
import glob
import hashlib
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from disturb import Disturbers

PATIENCE = 300
FILES = 15_000
SESSIONS = 200


class Mock:
    def __init__(self, program, *options):
        arguments = [program, "mock", "--listen", "127.0.0.1:0", "--quiet", "--connections", str(FILES), *options]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def memory(self, name="VmRSS"):
        """In MiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name)) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        assert status == 0, status


class Sink:
    """Postfix's server that throws everything away."""

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        self.process = subprocess.Popen(["smtp-sink", *user, "-h", "sink.example", f"127.0.0.1:{self.port}", "1024"])
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                assert time.monotonic() < deadline, "smtp-sink does not listen"
                time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


def source(port, count, size):
    """Sends so many messages of so many octets in parallel sessions, and returns how long it took."""
    began = time.monotonic()
    arguments = ["smtp-source", "-d", "-M", "client.example", "-f", "joe@client.example", "-t", "ann@mx.example",
                 "-s", str(SESSIONS), "-m", str(count), "-l", str(size), f"127.0.0.1:{port}"]
    subprocess.run(arguments, check=True, timeout=3600)
    return time.monotonic() - began


def kept(out):
    """How often each content was kept. Message-Id is unique; what else differs is nothing but the date."""
    names, bodies = collections.Counter(), collections.Counter()
    for path in glob.glob(f"{out}/*.eml"):
        with open(path, "rb") as file:
            content = file.read()
        names[re.search(rb"^Message-Id: (.*)\r$", content, re.M).group(1)] += 1
        bodies[hashlib.sha256(re.sub(rb"^(Message-Id|Date): .*\r\n", b"", content, flags=re.M)).hexdigest()] += 1
        assert os.path.exists(path[:-4] + ".json"), path
    return names, bodies


def own_messages(port, count):
    """Sends messages that have nothing in common, and returns their checksums."""
    sums = collections.Counter()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        replies = client.makefile("rb")

        def heard(code):
            line = replies.readline()
            while line[3:4] == b"-":
                line = replies.readline()
            assert line.startswith(code), line

        heard(b"220")
        client.sendall(b"EHLO client.example\r\n")
        heard(b"250")
        for number in range(count):
            lines = [os.urandom(1 + number % 300).hex().encode() for _ in range(number % 50)] + [b".", b"..", b".dot", b""]
            content = b"Message-Id: <own-%d@client.example>\r\n\r\n" % number + b"".join(line + b"\r\n" for line in lines)
            sums[hashlib.sha256(content).hexdigest()] += 1
            client.sendall(b"MAIL FROM:<joe@client.example>\r\nRCPT TO:<ann@mx.example>\r\nDATA\r\n")
            for code in [b"250", b"250", b"354"]:
                heard(code)
            client.sendall(re.sub(rb"^\.", b"..", content, flags=re.M) + b".\r\n")
            heard(b"250")
    return sums


def nothing_lost_or_doubled(program, count, size, folder):
    """Messages of smtp-source and our own arrive once and unchanged while other connections misbehave."""
    out = f"{folder}/out"
    mock = Mock(program, "--out", out)
    with Disturbers(mock.port) as disturbers:
        # From one thread beside smtp-source.
        sums = []
        own = threading.Thread(target=lambda: sums.append(own_messages(mock.port, 500)))
        own.start()
        took = source(mock.port, count, size)
        own.join()
        disturbed = dict(disturbers.counts)
    peak = mock.memory("VmHWM")
    mock.stop()
    assert len(disturbed) == 4, disturbed
    found = collections.Counter()
    for path in glob.glob(f"{out}/*.eml"):
        with open(path, "rb") as file:
            content = file.read()
        if content.startswith(b"Message-Id: <own-"):
            found[hashlib.sha256(content).hexdigest()] += 1
            os.remove(path)
            os.remove(path[:-4] + ".json")
    assert sums and found == sums[0], "own messages were lost, doubled or changed"
    names, bodies = kept(out)
    assert len(names) == count, f"{len(names)} of {count} were kept"
    assert set(names.values()) == {1}, "a message was kept twice"
    assert len(bodies) == 1, "a message was changed"
    shutil.rmtree(out)
    print(f"{count} messages of {size} octets and 500 of our own: each was kept once and unchanged, {count / took:.0f} a second, "
          f"peak memory {peak:.0f} MiB, beside {disturbed}", flush=True)


def idle_sessions(program, count):
    """The memory of sessions that have said EHLO, and 421 to each of them at the end."""
    mock = Mock(program)
    before = mock.memory()
    clients = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", mock.port), timeout=PATIENCE)
        client.sendall(b"EHLO client.example\r\n")
        clients.append(client)
    for client in clients:
        heard = b""
        while not re.search(rb"^250 ", heard, re.M):
            heard += client.recv(4096)
    after = mock.memory()
    stopping = threading.Thread(target=mock.stop)
    began = time.monotonic()
    stopping.start()
    for client in clients:
        heard = client.recv(4096)
        assert heard.startswith(b"421 "), heard
        client.close()
    stopping.join()
    took = time.monotonic() - began
    print(f"{count} idle sessions: {after - before:.0f} MiB, {(after - before) * 1024 / count:.1f} KiB each; 421 to all and the "
          f"end in {took:.1f} s", flush=True)


def speed(program, loads, folder):
    """Messages a second, beside smtp-sink."""
    print("| server | " + " | ".join(f"{count} of {size} octets" for count, size in loads) + " |\n|---|" + "---|" * len(loads))
    servers = [("smtp-sink", Sink), ("mock", lambda: Mock(program)), ("mock --http", lambda: Mock(program, "--http", "127.0.0.1:0")),
               ("mock --out", lambda: Mock(program, "--out", f"{folder}/speed"))]
    for name, start in servers:
        rates = []
        for count, size in loads:
            server = start()
            try:
                rates.append(f"{count / source(server.port, count, size):.0f}")
            finally:
                server.stop()
                shutil.rmtree(f"{folder}/speed", ignore_errors=True)
        print(f"| `{name}` | " + " | ".join(f"{rate} a second" for rate in rates) + " |", flush=True)


def main(program, part=1):
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    loads = [(50_000 // part, 1000), (1000 // part, 1_000_000)]
    with tempfile.TemporaryDirectory() as folder:
        for count, size in loads:
            nothing_lost_or_doubled(program, count, size, folder)
        idle_sessions(program, 10_000 // part)
        speed(program, loads, folder)


if __name__ == "__main__":
    main(sys.argv[1], 100 if "--small" in sys.argv[2:] else 1)
