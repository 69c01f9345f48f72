"""Clients of other languages deliver to `smtp-lab mock`: in the clear, after STARTTLS, and under TLS from the start.

Each is a small program in `programs/` on one library. Its argument is the task in JSON, and it prints for each file whom the server took.
"""

import json
import os
import pathlib

import messages as m
from clients import ANN, JOE, TAKEN, TO
from harness import HOST, Mock
from tls import PASSWORD, USER, certificate, guarded

HERE = pathlib.Path(__file__).parent / "programs"
CONTENTS = (
    ("plain", m.PLAIN), ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("empty", m.EMPTY), ("header only", m.HEADER_ONLY),
    ("no CRLF at the end", m.NO_LAST_CRLF), ("longest line", m.LONGEST_LINE), ("a line of 2000", m.LONG_LINE), ("10 MB", m.LARGE),
)


class Program:
    """A client. `without`: contents that its library changes before it sends them. `empty`: what it makes of an empty message.

    `dsn` and `envid`: it has the parameters of RCPT, and of MAIL. `all_or_none`: it sends nothing where one recipient is refused.
    """

    def __init__(self, name, command, without=(), empty=b"\r\n", dsn=True, envid=True, lmtp=False, pool=False, all_or_none=False):
        self.name, self.command, self.without, self.empty = name, command, without, empty
        self.dsn, self.envid, self.lmtp, self.pool, self.all_or_none = dsn, envid, lmtp, pool, all_or_none


PROGRAMS = (
    Program("lettre", [os.environ["LETTRE"]], dsn=False, pool=True, all_or_none=True),
    Program("nodemailer", ["node", HERE / "nodemailer.js"], lmtp=True, pool=True),
    Program("aiosmtplib", ["/usr/bin/python3", HERE / "aiosmtplib_client.py"]),
    Program("Net::SMTP", ["perl", HERE / "net_smtp.pl"], empty=b""),
    Program("net/smtp", ["ruby", HERE / "net_smtp.rb"], dsn=False),
    Program("PHPMailer", ["php", HERE / "phpmailer.php"], without=["a line of 2000"], envid=False),
)


def play(matrix):
    mock = Mock(matrix)
    tls = guarded(matrix)
    lmtp = Mock(matrix, "--lmtp")
    for program in PROGRAMS:
        in_the_clear(matrix, program, mock)
        if program.lmtp:
            in_the_clear(matrix, program, lmtp, lmtp=True)
        under_tls(matrix, program, tls)


def run(matrix, program, port, contents, to=(ANN,), status=0, **task):
    """What the program says of each message."""
    files = [matrix.file(content) for content in contents]
    whole = {
        "host": HOST, "port": port, "tls": "off", "user": None, "password": None, "ca": None, "from": JOE, "to": list(to),
        "lmtp": False, "pool": False, "dsn": False, "files": files, **task,
    }
    said = matrix.run(*program.command, json.dumps(whole), status=status)
    return json.loads(said.splitlines()[-1]) if status == 0 else said


def in_the_clear(matrix, program, mock, lmtp=False):
    def deliver(content):
        told = run(matrix, program, mock.port, [content], lmtp=lmtp)
        assert told == [{"accepted": [ANN], "rejected": []}], told
        mock.expect(m.ended(content) if content else program.empty)

    def refused():
        if program.all_or_none:
            assert "550" in run(matrix, program, mock.port, [m.DOTS], to=TO, lmtp=lmtp, status=1)
            mock.expect_nothing()
            return
        told = run(matrix, program, mock.port, [m.DOTS], to=TO, lmtp=lmtp)
        assert sorted(told[0]["accepted"]) == sorted(TAKEN), told
        mock.expect(m.DOTS, TAKEN)

    def several():
        run(matrix, program, mock.port, [m.PLAIN, m.DOTS, m.EIGHT_BIT] * 20, lmtp=lmtp)
        for content in (m.PLAIN, m.DOTS, m.EIGHT_BIT) * 20:
            mock.expect(content)

    def pool():
        """Messages over five connections come in any order, and each comes once."""
        contents = [m.HEADER % b"%d" % number + m.DOTS for number in range(100)]
        run(matrix, program, mock.port, contents, lmtp=lmtp, pool=True)
        got = {mock.next()[1] for _ in contents}
        assert got == set(contents), "the messages are not what was sent"
        mock.expect_nothing()

    def parameters():
        run(matrix, program, mock.port, [m.PLAIN], dsn=True, lmtp=lmtp)
        envelope = mock.expect(m.PLAIN)
        if program.envid:
            assert {"RET=HDRS", "ENVID=a+2Bb"} <= set(envelope["mail_parameters"].split()), envelope
        assert "NOTIFY=SUCCESS,DELAY" in envelope["rcpt_parameters"][0].split(), envelope

    for what, content in CONTENTS:
        if what not in program.without:
            matrix.case(program.name, mock.name, what, deliver, content)
    matrix.case(program.name, mock.name, "3 recipients of 5 refused", refused)
    if program.pool:
        matrix.case(program.name, mock.name, "100 messages from a pool", pool)
    if program.name != "nodemailer":
        matrix.case(program.name, mock.name, "60 messages on one connection", several)
    if program.dsn:
        matrix.case(program.name, mock.name, "DSN parameters", parameters)


def under_tls(matrix, program, mock):
    cert, _ = certificate(matrix)

    def deliver(content, port, tls):
        run(matrix, program, port, [content], tls=tls, ca=str(cert), user=USER, password=PASSWORD)
        envelope = mock.expect(m.ended(content))
        assert envelope["user"] == USER and envelope["tls"], envelope

    for tls, port in zip(("starttls", "implicit"), mock.ports):
        for what, content in ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("10 MB", m.LARGE):
            matrix.case(program.name, mock.name, f"{tls}, {what}", deliver, content, port, tls)
