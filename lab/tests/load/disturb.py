"""Connections that misbehave: each kind of them in a few threads, again and again, until the end of the `with`."""

import collections
import os
import socket
import struct
import threading

THREADS = 4
BEGIN = b"EHLO a.example\r\nMAIL FROM:<nobody@a.example>\r\nRCPT TO:<ann@mx.example>\r\nDATA\r\n"
CONTENT = b"Message-Id: <disturbing@a.example>\r\n\r\nhalf a message\r\n"


class Disturbers:
    def __init__(self, port):
        self.port = port
        self.over = threading.Event()
        # How many connections of each kind there were.
        self.counts = collections.Counter()
        kinds = [self.stalls, self.resets, self.drips, self.garbage]
        self.threads = [threading.Thread(target=self.again, args=[kind]) for kind in kinds for _ in range(THREADS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        while len(self.counts) < 4:
            self.over.wait(0.01)
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def again(self, kind):
        while not self.over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
                    self.counts[kind.__name__] += 1
                    kind(client)
            except OSError:
                pass  # the server may close whenever it likes

    def stalls(self, client):
        """Half a message, and then nothing for some seconds, while it does not read either."""
        client.sendall(BEGIN + CONTENT)
        self.over.wait(5)

    def resets(self, client):
        """Half a message, and a reset."""
        client.sendall(BEGIN + CONTENT * 1000)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.over.wait(0.01)

    def drips(self, client):
        """One octet at a time."""
        for octet in BEGIN + CONTENT:
            client.sendall(bytes([octet]))
            if self.over.wait(0.02):
                return

    def garbage(self, client):
        """Octets of no protocol; what is answered is not read."""
        for _ in range(20):
            client.sendall(os.urandom(10_000))
        self.over.wait(0.1)
