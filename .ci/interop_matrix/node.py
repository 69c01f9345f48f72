"""`send`, and under TLS `smtp-lab send`, deliver to smtp-server, which runs on Node."""

import json
import pathlib
import re

import messages as m
from harness import Daemon, Keeps, until
from servers import ANN, BOB, CONTENTS, DSN, JOE, LATER, LATER_AGAIN, NEVER, NOBODY, arrives, send_to
from tls import PASSWORD, USER, certificate, lab_send

PROGRAM = pathlib.Path(__file__).parent / "programs" / "smtp_server.js"


class NodeServer(Keeps, Daemon):
    """The server, and the messages that it has taken."""

    def __init__(self, matrix, name, **options):
        self.keep_in(matrix.new_folder("node"))
        task = json.dumps({"folder": str(self.folder), "lmtp": False, "secure": False, "auth": False, "cert": None, **options})
        super().__init__(matrix, name, ["node", PROGRAM, task])
        found = until(f"{name} to listen", lambda: self.is_alive() and re.search(r"listening on (\d+)\n", self.said()))
        self.port = int(found[1])


def play(matrix):
    cert, key = (str(file) for file in certificate(matrix))
    for flags in [], ["--lmtp"]:
        in_the_clear(matrix, flags, NodeServer(matrix, " ".join(["smtp-server", *flags]), lmtp=bool(flags)))
    authentication(matrix, NodeServer(matrix, "smtp-server, AUTH", auth=True))
    for what, policy, secure in ("STARTTLS", "must", False), ("TLS", "implicit", True):
        server = NodeServer(matrix, f"smtp-server, {what}", secure=secure, auth=True, cert=cert, key=key)
        under_tls(matrix, server, what, policy)


def in_the_clear(matrix, flags, server):
    def deliver(content):
        send_to(matrix, server.port, content, *flags)
        server.expect(arrives(content))

    def refused():
        fates = ["delivered (250", "refused (550", "deferred (450", "delivered (250"]
        send_to(matrix, server.port, m.DOTS, *flags, to=[ANN, NOBODY, LATER, BOB], status=LATER_AGAIN, fates=fates)
        server.expect(m.DOTS, [ANN, BOB])

    def internationalized():
        jörg, ün = "jörg@client.example", "ün@mx.example"
        send_to(matrix, server.port, m.EIGHT_BIT, *flags, to=[ün], sender=jörg)
        server.expect(m.EIGHT_BIT, [ün], jörg)

    def parameters():
        # It does not offer DSN, and `send` asks for reports only where they are.
        why = "refused (the server does not offer DSN)"
        send_to(matrix, server.port, m.PLAIN, *flags, *DSN, status=NEVER, fates=[why])
        server.expect_nothing()

    def null():
        send_to(matrix, server.port, m.PLAIN, *flags, sender="")
        server.expect(m.PLAIN, sender="")

    name = " ".join(["send", *flags])
    for what, content in CONTENTS:
        matrix.case(name, server.name, what, deliver, content)
    matrix.case(name, server.name, "2 recipients of 4 refused", refused)
    matrix.case(name, server.name, "SMTPUTF8", internationalized)
    matrix.case(name, server.name, "DSN parameters", parameters)
    matrix.case(name, server.name, "null reverse-path", null)


def authentication(matrix, server):
    def right():
        send_to(matrix, server.port, m.DOTS, "--auth", f"{USER}:{PASSWORD}")
        assert server.expect(m.DOTS)["user"] == USER

    def wrong():
        send_to(matrix, server.port, m.DOTS, "--auth", f"{USER}:wrong", status=NEVER, fates=["refused (535"])
        server.expect_nothing()

    matrix.case("send", server.name, "AUTH PLAIN", right)
    matrix.case("send", server.name, "AUTH with a wrong password", wrong)


def under_tls(matrix, server, what, policy):
    def deliver(content):
        said = lab_send(matrix, server.port, content, "--tls", policy, "--auth", f"{USER}:{PASSWORD}")
        assert f"\n{ANN}: delivered (250" in said
        envelope = server.expect(arrives(content))
        assert envelope["tls"] and envelope["user"] == USER, envelope

    for name, content in CONTENTS:
        matrix.case("smtp-lab send", server.name, f"{what}, {name}", deliver, content)
