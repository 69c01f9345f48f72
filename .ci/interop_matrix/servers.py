"""`send` delivers to smtp-sink, aiosmtpd and `smtp-lab mock`."""

import logging
import re
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult

import messages as m
from harness import HOST, Daemon, Mock, free_port, same, until

JOE, ANN, BOB = "joe@client.example", "ann@mx.example", "bob@mx.example"
NOBODY, LATER = "nobody@mx.example", "later@mx.example"
# The exit status: some are to be tried again; some were refused for good, and none of those.
LATER_AGAIN, NEVER = 75, 69
DSN = ["--notify", "SUCCESS,FAILURE", "--ret", "HDRS", "--envid", "QQ 314+159"]
# As they stand in the commands; ENVID is xtext (RFC 3461 section 4.4).
DSN_OF_MAIL, DSN_OF_RCPT = "RET=HDRS ENVID=QQ+20314+2B159", "NOTIFY=SUCCESS,FAILURE"
CONTENTS = (
    ("plain", m.PLAIN), ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("empty", m.EMPTY), ("header only", m.HEADER_ONLY),
    ("no CRLF at the end", m.NO_LAST_CRLF), ("longest line", m.LONGEST_LINE),
    ("a line of 2000", m.LONG_LINE), ("10 MB", m.LARGE),
)


def play(matrix):
    for flags in [], ["--lmtp"]:
        ours(matrix, flags)
    for flags in [], ["--lmtp"]:
        sink(matrix, flags)
    sinks_that_fail(matrix)
    python(matrix)


def arrives(content):
    """The last line is ended; an empty message has none."""
    return m.ended(content) if content else content


def send_to(matrix, port, content, *flags, to=(ANN,), sender=JOE, status=0, fates=None, watched=True):
    """Sends, and holds what is printed of each recipient's fate against what is expected. A server that is not ours is `watched`."""
    recipients = [word for recipient in to for word in ("--to", recipient)]
    port = matrix.watched(port, "client") if watched else port
    command = [matrix.built / "examples/send", "--server", f"{HOST}:{port}", "--from", sender, *recipients, *flags]
    said = matrix.run(*command, stdin=content, status=status)
    for recipient, fate in zip(to, fates or ["delivered (250"] * len(to)):
        assert f"\n{recipient}: {fate}" in "\n" + said, f"nothing says that {recipient} is {fate}"
    return said


def ours(matrix, flags):
    both = ("client", "server")
    mock = Mock(matrix, *flags, ours=both)

    def send(*arguments, **options):
        return send_to(*arguments, watched=False, **options)

    def deliver(content, more):
        send(matrix, mock.port, content, *flags, *more)
        mock.expect(arrives(content))

    def refused(more):
        fates = ["delivered (250", "refused (550", "deferred (450", "delivered (250"]
        send(matrix, mock.port, m.DOTS, *flags, *more, to=[ANN, NOBODY, LATER, BOB], status=LATER_AGAIN, fates=fates)
        mock.expect(m.DOTS, [ANN, BOB])

    def all_refused(more):
        send(matrix, mock.port, m.PLAIN, *flags, *more, to=[NOBODY], status=NEVER, fates=["refused (550"])
        mock.expect_nothing()

    def internationalized(more):
        jörg, ün = "jörg@client.example", "ün@mx.example"
        send(matrix, mock.port, m.PLAIN, *flags, *more, to=[ün], sender=jörg)
        mock.expect(m.PLAIN, [ün], jörg)

    def with_parameters(more):
        send(matrix, mock.port, m.PLAIN, *flags, *more, *DSN, sender="")
        envelope = mock.expect(m.PLAIN, sender="")
        assert envelope["mail_parameters"].startswith(f"{DSN_OF_MAIL} SIZE="), envelope
        assert envelope["rcpt_parameters"] == [DSN_OF_RCPT], envelope

    def lines_of_this_machine(more):
        send(matrix, mock.port, m.native(m.DOTS), *flags, *more)
        mock.expect(m.DOTS)

    strict = Mock(matrix, *flags, "--strict", ours=both)

    def too_long():
        send(matrix, mock.port, m.TOO_LONG_LINE, *flags)
        mock.expect(m.TOO_LONG_LINE)
        send(matrix, strict.port, m.TOO_LONG_LINE, *flags, status=NEVER, fates=["refused (500"])
        strict.expect_nothing()

    for more in [], ["--bdat"]:
        name = " ".join(["send", *flags, *more])
        for what, content in CONTENTS:
            matrix.case(name, mock.name, what, deliver, content, more)
        matrix.case(name, mock.name, "2 recipients of 4 refused", refused, more)
        matrix.case(name, mock.name, "all recipients refused", all_refused, more)
        matrix.case(name, mock.name, "SMTPUTF8", internationalized, more)
        matrix.case(name, mock.name, "DSN parameters, null reverse-path", with_parameters, more)
        matrix.case(name, mock.name, "lines that end in LF", lines_of_this_machine, more)
    name = " ".join(["send", *flags])
    matrix.case(name, mock.name, "a line of over 1000 octets, refused if strict", too_long)

    closed = Mock(matrix, *flags, "--require-auth", ours=both)

    def authenticated():
        send(matrix, closed.port, m.PLAIN, *flags, "--auth", "joe:secret")
        closed.expect(m.PLAIN)

    def unauthenticated():
        send(matrix, closed.port, m.PLAIN, *flags, status=NEVER, fates=["refused (530"])
        closed.expect_nothing()

    matrix.case(name, closed.name, "AUTH PLAIN", authenticated)
    matrix.case(name, closed.name, "no AUTH", unauthenticated)


def start_sink(matrix, *options):
    port = free_port()
    shown = (option for option in options if isinstance(option, str))
    return Daemon(matrix, " ".join(["smtp-sink", *shown]), ["smtp-sink", "-u", "nobody", *options, f"{HOST}:{port}", 100], port)


def sink(matrix, flags):
    """smtp-sink keeps a message after lines of its own, and an empty line after it."""
    folder = matrix.new_folder("sink")
    folder.chmod(0o777)
    daemon = start_sink(matrix, *["-L" for flag in flags if flag == "--lmtp"], "-d", folder / "message.")
    seen = set()

    def next_message(taken):
        def found():
            new = set(folder.iterdir()) - seen
            return new.pop() if new else None

        file = until("the message", found)
        until("all of the message", lambda: len(file.read_bytes()) >= taken)
        seen.add(file)
        head = re.match(rb"((?:X-.*\n)+)Received: .*\n(?:\t.*\n)+", file.read_bytes())
        assert head, file.read_bytes()[:500]
        return head[1].decode(), file.read_bytes()[head.end():]

    def deliver(content, *more, to=(ANN, BOB)):
        send_to(matrix, daemon.port, content, *flags, *more, to=to)
        head, body = next_message(len(m.native(content)))
        same(body, m.native(m.ended(content) if content else content) + b"\n")
        protocol = "LMTP" if flags else "ESMTP"
        assert f"X-Client-Proto: {protocol}\n" in head and f"X-Mail-Args: <{JOE}>" in head, head
        assert [line for line in head.splitlines() if "Rcpt" in line][0].startswith(f"X-Rcpt-Args: <{to[0]}>"), head
        return head

    def with_parameters():
        head = deliver(m.PLAIN, *DSN)
        assert f"{DSN_OF_MAIL}\n" in head and f"> {DSN_OF_RCPT}\n" in head, head

    name = " ".join(["send", *flags])
    for what, content in CONTENTS:
        matrix.case(name, daemon.name, what, deliver, content)
    matrix.case(name, daemon.name, "DSN parameters", with_parameters)


def sinks_that_fail(matrix):
    """What `send` says of a server that refuses, closes or knows less."""
    def fails(options, fate, *flags, content=m.PLAIN):
        fates = [fate] * 2 if isinstance(fate, str) else fate
        daemon = start_sink(matrix, *options)
        try:
            status = NEVER if all(fate.startswith("refused") for fate in fates) else LATER_AGAIN
            send_to(matrix, daemon.port, content, *flags, to=[ANN, BOB], status=status, fates=fates)
        finally:
            matrix.end(daemon)

    def only_helo():
        daemon = start_sink(matrix, "-e")
        assert "C: HELO localhost" in send_to(matrix, daemon.port, m.DOTS, to=[ANN, BOB])
        matrix.end(daemon)

    lost, closed = "unknown (", "deferred ("
    for options, what, fate, flags in (
        (["-f", "CONNECT"], "the greeting refuses", "refused (500", []),
        (["-f", "MAIL"], "MAIL is refused", "refused (500", []),
        (["-f", "RCPT"], "RCPT is refused", "refused (500", []),
        (["-r", "RCPT"], "RCPT is refused for now", "deferred (450", []),
        (["-f", "DATA"], "DATA is refused", "refused (500", []),
        (["-f", "."], "the content is refused", "refused (500", []),
        (["-f", ".", "-L"], "the content is refused", "refused (500", ["--lmtp"]),
        (["-Q", "MAIL"], "421 to MAIL", "deferred (421", []),
        (["-Q", "RCPT"], "421 to RCPT", "deferred (421", []),
        (["-Q", "."], "421 to the content", "deferred (421", []),
        (["-q", "CONNECT"], "closed at once", closed, []),
        (["-q", "DATA"], "closed after DATA", closed, []),
        (["-q", "."], "closed after the content", lost, []),
        (["-q", ".", "-L"], "closed after the content", lost, ["--lmtp"]),
    ):
        matrix.case(" ".join(["send", *flags]), " ".join(["smtp-sink", *options]), what, fails, options, fate, *flags)
    refused, lost = ["refused (550"] * 2, "refused (the server does not offer 8BITMIME)"
    matrix.case("send", "smtp-sink -A 0", "refused in the midst of 10 MB", lambda: fails(["-A", "0"], refused, content=m.LARGE))
    matrix.case("send", "smtp-sink -8", "8-bit is not sent", lambda: fails(["-8"], lost, content=m.EIGHT_BIT))
    matrix.case("send", "smtp-sink -e", "HELO where EHLO is unknown", only_helo)


class Kept:
    """What aiosmtpd was sent."""

    def __init__(self):
        self.messages = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("no"):
            return "550 5.1.1 nobody"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.messages.append(envelope)
        return "250 OK"


class OverTcp(Controller):
    """aiosmtpd, or its LMTP."""

    kind = SMTP

    def factory(self):
        return self.kind(self.handler, **self.SMTP_kwargs)


class LmtpOverTcp(OverTcp):
    kind = LMTP


def python(matrix):
    # It warns of passwords in the clear, as it should.
    warnings.simplefilter("ignore")
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    # By default it takes the lines of RFC 5321 section 4.5.3.1.6 and no longer ones.
    SMTP.line_length_limit = 4096

    def takes_secret(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"joe", b"secret"), handled=False)

    def serve(kind, test, **options):
        controller = kind(Kept(), hostname=HOST, port=free_port(), data_size_limit=2**25, **options)
        controller.start()
        try:
            test(controller.port, controller.handler.messages)
        finally:
            matrix.forget(controller.port)
            controller.stop()

    def contents(*flags, **options):
        def test(port, kept):
            for _, content in CONTENTS:
                send_to(matrix, port, content, *flags, **options)
                same(kept[-1].content, arrives(content))
            assert len(kept) == len(CONTENTS)

        return test

    def refused(port, kept):
        send_to(matrix, port, m.DOTS, to=[ANN, NOBODY], status=NEVER, fates=["delivered (250", "refused (550"])
        assert kept[-1].rcpt_tos == [ANN]

    def internationalized(port, kept):
        jörg, ün = "jörg@client.example", "ün@mx.example"
        send_to(matrix, port, m.EIGHT_BIT, to=[ün], sender=jörg)
        assert (kept[-1].mail_from, kept[-1].rcpt_tos) == (jörg, [ün])
        assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(kept[-1].mail_options)

    def wrong_password(port, kept):
        send_to(matrix, port, m.PLAIN, "--auth", "joe:wrong", status=NEVER, fates=["refused (535"])
        assert not kept

    closed = {"authenticator": takes_secret, "auth_required": True, "auth_require_tls": False}
    for client, server, what, *test, options in (
        ("send", "aiosmtpd", "all messages", OverTcp, contents(), {}),
        ("send --lmtp", "aiosmtpd LMTP", "all messages", LmtpOverTcp, contents("--lmtp"), {}),
        ("send", "aiosmtpd", "1 recipient of 2 refused", OverTcp, refused, {}),
        ("send", "aiosmtpd", "SMTPUTF8", OverTcp, internationalized, {"enable_SMTPUTF8": True}),
        ("send", "aiosmtpd", "AUTH PLAIN", OverTcp, contents("--auth", "joe:secret"), closed),
        ("send", "aiosmtpd", "AUTH with a wrong password", OverTcp, wrong_password, closed),
    ):
        matrix.case(client, server, what, lambda: serve(*test, **options))
