"""Programs of all kinds, and relays, deliver to the example `server`, which keeps each message in a file."""

import re
import smtplib
import socket

import messages as m
from clients import ANN, JOE, curl_command, swaks_command
from harness import HOST, PATIENCE, Daemon, free_port, same, until
from relays import exim, postfix, without_added
from servers import BOB, arrives, send_to


class Site(Daemon):
    """The example, and the messages that it has kept."""

    def __init__(self, matrix):
        self.folder = matrix.new_folder("site")
        self.seen = 0
        port = free_port()
        command = [matrix.built / "examples/server", f"{HOST}:{port}", "mx.example", self.folder]
        super().__init__(matrix, "server", command, port)
        # Whoever connects is recorded.
        self.port = matrix.watched(port, "server")

    def expect(self, content, to=(ANN,), relayed=False):
        """The next message is this one, with the trace of the server before it."""
        told = re.compile(r"^(\S+\.eml) for (.*)$", re.MULTILINE)
        files = until("the message", lambda: (lambda all: all if len(all) > self.seen else None)(told.findall(self.said())))
        name, recipients = files[self.seen]
        self.seen += 1
        assert recipients.split() == [f"<{recipient}>" for recipient in to], recipients
        with open(name, "rb") as file:
            got = file.read()
        for _ in range(2 if relayed else 1):
            trace = re.match(rb"Received: [^\r\n]*\r\n(?:[\t ][^\r\n]*\r\n)*", got)
            assert trace, got[:500]
            got = got[trace.end():]
        same(without_added(got, content) if relayed else got, content)
        assert not list(self.folder.glob("*.part")), "nothing is left over"


def play(matrix):
    site = Site(matrix)
    clients(matrix, site)
    by_hand(matrix, site)
    for start in postfix, exim:
        relay = start(matrix, site.port, "smtp")
        through(matrix, relay, site)
        matrix.end(relay)


def clients(matrix, site):
    def swaks(content):
        matrix.run(*swaks_command(matrix, site, content))
        site.expect(content)

    def curl(content):
        matrix.run(*curl_command(site, "--upload-file", matrix.file(content)))
        site.expect(m.ended(content))

    def python(content, name="client.example"):
        with smtplib.SMTP(HOST, site.port, local_hostname=name, timeout=PATIENCE) as client:
            client.sendmail(JOE, [ANN, BOB], content)
        site.expect(m.ended(content), [ANN, BOB])

    def msmtp(content):
        matrix.run("msmtp", "-C", "/dev/null", f"--host={HOST}", f"--port={site.port}", f"--from={JOE}", "--tls=off",
                   "--auth=off", ANN, stdin=m.native(content))
        site.expect(content)

    def elsewhere():
        with smtplib.SMTP(HOST, site.port, timeout=PATIENCE) as client:
            refused = client.sendmail(JOE, [ANN, "ann@else.example"], m.PLAIN)
        assert refused == {"ann@else.example": (550, b"5.7.1 no relaying")}, refused
        site.expect(m.PLAIN)

    def refused_and_next():
        """A message that is refused at its end leaves nothing to the next one."""
        with smtplib.SMTP(HOST, site.port, timeout=PATIENCE) as client:
            client.ehlo()
            for content, code in (m.native(m.PLAIN), 554), (m.PLAIN, 250):
                client.mail(JOE)
                client.rcpt(ANN)
                client.docmd("DATA")
                client.send(m.ended(content) + b".\r\n")
                assert client.getreply()[0] == code
        site.expect(m.PLAIN)

    for name, deliver in ("swaks", swaks), ("curl", curl), ("smtplib", python), ("msmtp", msmtp):
        for what, content in ("plain", m.PLAIN), ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT):
            matrix.case(name, site.name, what, deliver, content)
    matrix.case("curl", site.name, "10 MB", curl, m.LARGE)
    matrix.case("smtplib", site.name, "a client named my_pc", python, m.PLAIN, "my_pc")
    matrix.case("smtplib", site.name, "a recipient elsewhere", elsewhere)
    matrix.case("smtplib", site.name, "refused at its end, and the next one", refused_and_next)


def by_hand(matrix, site):
    """As a script may speak: white space in excess, and a name with a dot at its end."""
    def speak():
        with socket.create_connection((HOST, site.port), PATIENCE) as connection:
            replies = connection.makefile("rb")

            def code():
                while (line := replies.readline())[3:4] == b"-":
                    pass
                return int(line[:3])

            codes = [code()]
            for line in b"EHLO  my_pc. ", b"MAIL  FROM:  <joe@client.example>  BODY=8BITMIME ", b"RCPT\tTO: <ann@mx.example> ", \
                    b"DATA ", b"Subject: spaces\r\n\r\nHi\r\n.", b"QUIT ":
                connection.sendall(line + b"\r\n")
                codes.append(code())
        assert codes == [220, 250, 250, 250, 354, 250, 221], codes
        site.expect(b"Subject: spaces\r\n\r\nHi\r\n")

    matrix.case("by socket", site.name, "white space in excess", speak)


def through(matrix, relay, site):
    def deliver(content, *more):
        send_to(matrix, relay.port, content, *more)
        site.expect(arrives(content), relayed=True)

    def two():
        send_to(matrix, relay.port, m.DOTS, to=[ANN, BOB])
        site.expect(m.DOTS, [ANN, BOB], relayed=True)

    pair = f"{relay.name}, {site.name}"
    for what, content in ("plain", m.PLAIN), ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("10 MB", m.LARGE):
        matrix.case("send", pair, what, deliver, content)
    matrix.case("send", pair, "2 recipients", two)
