"""Programs of all kinds deliver to `smtp-lab mock`."""

import base64
import re
import smtplib
import socket

import messages as m
from harness import HOST, PATIENCE, Mock, same, until

JOE, ANN = "joe@client.example", "ann@mx.example"
TO = [ANN, "bob@mx.example", "nobody@mx.example", "later@mx.example", "eve@mx.example"]
TAKEN = [ANN, "bob@mx.example", "eve@mx.example"]
# As a person typed it: spaces after the colons, no brackets, small letters.
BY_HAND = [
    "EHLO mycompany.com", "MAIL FROM: bob@example.com", "RCPT TO: alice@example.net", "DATA",
    "From: bob@example.org\r\nTo: alice@example.net\r\nSubject: demo\r\n\r\nOk. Cool. Bye.\r\n.", "quit",
]


def play(matrix):
    mock = Mock(matrix, "--http", f"{HOST}:0", listening=2)
    swaks(matrix, mock)
    curl(matrix, mock)
    python(matrix, mock)
    smtp_source(matrix, mock)
    msmtp(matrix, mock)
    authentication(matrix, Mock(matrix, "--require-auth"))
    lmtp(matrix, Mock(matrix, "--lmtp"))
    by_hand(matrix, mock, Mock(matrix, "--lenient"))


def swaks_command(matrix, mock, content, *more, to=(ANN,)):
    """swaks sends the lines of its file up to a last "."; without that it adds an empty line."""
    return ["swaks", "--server", HOST, "--port", mock.port, "--helo", "client.example", "--from", JOE,
            "--to", ",".join(to), "--data", "@" + matrix.file(m.native(content) + b".\n"), "--suppress-data", *more]


def swaks(matrix, mock):
    def deliver(content, *more, to=(ANN,), taken=(ANN,)):
        matrix.run(*swaks_command(matrix, mock, content, *more, to=to))
        mock.expect(content, taken)

    for what, content in ("plain", m.PLAIN), ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("longest line", m.LONGEST_LINE):
        matrix.case("swaks", mock.name, what, deliver, content)

    def in_groups():
        deliver(m.DOTS, "--pipeline", to=TO, taken=TAKEN)
        session = mock.ask("sessions")[-1]["id"]
        said = [(line["who"], line["text"][:4]) for line in mock.ask(f"sessions/{session}")["records"]]
        # The whole group is read before any of it is answered.
        assert (("client", "DATA"), ("server", "250 ")) in zip(said, said[1:]), said

    matrix.case("swaks", mock.name, "3 recipients of 5 refused", lambda: deliver(m.DOTS, to=TO, taken=TAKEN))
    matrix.case("swaks", mock.name, "the same, pipelined", in_groups)

    def all_refused():
        matrix.run(*swaks_command(matrix, mock, m.PLAIN, to=TO[2:4]), status=24)
        mock.expect_nothing()

    matrix.case("swaks", mock.name, "all recipients refused", all_refused)


def curl_command(mock, *more, to=(ANN,), sender=JOE):
    recipients = [word for recipient in to for word in ("--mail-rcpt", recipient)]
    return ["curl", "-sSv", "--max-time", PATIENCE, "--url", f"smtp://{HOST}:{mock.port}/client.example",
            "--mail-from", sender, *recipients, *more]


def curl(matrix, mock):
    """curl sends its file as it is, with dots doubled, and ends its last line."""
    def deliver(content, *more, arrives=None, **envelope):
        matrix.run(*curl_command(mock, "--upload-file", matrix.file(content), *more, **envelope))
        mock.expect(m.ended(content) if arrives is None else arrives)

    for what, content in (
        ("plain", m.PLAIN), ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("header only", m.HEADER_ONLY),
        ("no CRLF at the end", m.NO_LAST_CRLF), ("longest line", m.LONGEST_LINE), ("10 MB", m.LARGE),
    ):
        matrix.case("curl", mock.name, what, deliver, content)
    matrix.case("curl", mock.name, "empty", lambda: deliver(m.EMPTY, arrives=b""))

    def from_pipe():
        matrix.run(*curl_command(mock, "--upload-file", "-"), stdin=m.DOTS)
        _, got = mock.next()
        # Of unknown length: it may end a line that has an end.
        same(got.removesuffix(b"\r\n"), m.DOTS.removesuffix(b"\r\n"))

    def refused():
        file = matrix.file(m.PLAIN)
        matrix.run(*curl_command(mock, "--mail-rcpt-allowfails", "--upload-file", file, to=TO))
        mock.expect(m.PLAIN, TAKEN)
        matrix.run(*curl_command(mock, "--upload-file", file, to=TO), status=55)
        mock.expect_nothing()

    def internationalized():
        jörg, ün = "jörg@client.example", "ün@mx.example"
        matrix.run(*curl_command(mock, "--upload-file", matrix.file(m.PLAIN), sender=jörg, to=[ün]))
        mock.expect(m.PLAIN, [ün], jörg)

    def asks():
        assert "252 " in matrix.run(*curl_command(mock)[:6], "--mail-rcpt", "ann")
        assert "214 " in matrix.run(*curl_command(mock)[:6])

    matrix.case("curl", mock.name, "from a pipe", from_pipe)
    matrix.case("curl", mock.name, "3 recipients of 5 refused", refused)
    matrix.case("curl", mock.name, "SMTPUTF8", internationalized)
    matrix.case("curl", mock.name, "VRFY, HELP", asks)


def python(matrix, mock):
    """smtplib doubles dots, and ends the last line; an empty message has none, and gets one."""
    def deliver(content):
        with smtplib.SMTP(HOST, mock.port, timeout=PATIENCE) as client:
            assert client.sendmail(JOE, [ANN], content, ["BODY=8BITMIME"]) == {}
        mock.expect(m.ended(content))

    for what, content in (
        ("plain", m.PLAIN), ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("empty", m.EMPTY), ("header only", m.HEADER_ONLY),
        ("no CRLF at the end", m.NO_LAST_CRLF), ("longest line", m.LONGEST_LINE), ("10 MB", m.LARGE),
    ):
        matrix.case("smtplib", mock.name, what, deliver, content)

    def refused():
        with smtplib.SMTP(HOST, mock.port, timeout=PATIENCE) as client:
            codes = {to: code for to, (code, _) in client.sendmail(JOE, TO, m.PLAIN).items()}
        assert codes == {TO[2]: 550, TO[3]: 450}, codes
        mock.expect(m.PLAIN, TAKEN)

    def one_connection():
        with smtplib.SMTP(HOST, mock.port, timeout=PATIENCE) as client:
            for content in (m.PLAIN, m.DOTS, m.EIGHT_BIT) * 20:
                client.sendmail(JOE, [ANN], content)
                mock.expect(content)

    def no_content(content, code):
        with smtplib.SMTP(HOST, mock.port, timeout=PATIENCE) as client:
            try:
                client.sendmail(JOE, [ANN], content)
                raise AssertionError("the message was taken")
            except smtplib.SMTPDataError as refusal:
                assert refusal.smtp_code == code, refusal
            mock.expect_nothing()
            client.sendmail(JOE, [ANN], m.PLAIN)
        mock.expect(m.PLAIN)

    def internationalized():
        jörg, ün = "jörg@client.example", "ün@mx.example"
        with smtplib.SMTP(HOST, mock.port, timeout=PATIENCE) as client:
            client.sendmail(jörg, [ün], m.PLAIN, ["SMTPUTF8", "BODY=8BITMIME"])
        mock.expect(m.PLAIN, [ün], jörg)

    def parameters():
        with smtplib.SMTP(HOST, mock.port, timeout=PATIENCE) as client:
            client.sendmail("", [ANN], m.PLAIN, ["RET=HDRS", "ENVID=a+2Bb"], ["NOTIFY=SUCCESS,DELAY", f"ORCPT=rfc822;{ANN}"])
        envelope = mock.expect(m.PLAIN, sender="")
        assert {"RET=HDRS", "ENVID=a+2Bb"} <= set(envelope["mail_parameters"].split()), envelope
        assert envelope["rcpt_parameters"] == [f"NOTIFY=SUCCESS,DELAY ORCPT=rfc822;{ANN}"], envelope

    def too_big():
        with smtplib.SMTP(HOST, mock.port, timeout=PATIENCE) as client:
            client.ehlo()
            assert client.mail(JOE, ["SIZE=100000001"])[0] == 552

    matrix.case("smtplib", mock.name, "3 recipients of 5 refused", refused)
    matrix.case("smtplib", mock.name, "60 messages on one connection", one_connection)
    matrix.case("smtplib", mock.name, "bare LF is refused", no_content, m.native(m.PLAIN), 554)
    matrix.case("smtplib", mock.name, "bare CR is refused", no_content, m.PLAIN + b"x\ry\r\n", 554)
    matrix.case("smtplib", mock.name, "a line of over 1000 octets", deliver, m.TOO_LONG_LINE)
    matrix.case("smtplib", mock.name, "SMTPUTF8", internationalized)
    matrix.case("smtplib", mock.name, "DSN parameters, null reverse-path", parameters)
    matrix.case("smtplib", mock.name, "SIZE too big", too_big)


def smtp_source(matrix, mock, protocol=()):
    """smtp-source -F sends the lines of its file and an empty one."""
    command = ["smtp-source", "-M", "client.example", "-f", JOE, "-t", ANN, *protocol]
    server = f"{HOST}:{mock.port}"

    def deliver(content):
        matrix.run(*command, "-F", matrix.file(m.native(content)), server)
        mock.expect(content + b"\r\n")

    def many(sessions, count, *more):
        matrix.run(*command, "-s", sessions, "-m", count, "-l", 3000, "-r", 3, *more, server)
        bodies = set()
        for _ in range(count):
            envelope, content = mock.next()
            assert (envelope["from"], envelope["to"]) == (JOE, ["3" + ANN, "2" + ANN, ANN]), envelope
            bodies.add(content.partition(b"\r\n\r\n")[2])
        assert len(bodies) == 1 and re.fullmatch(rb"(\d*X+\r\n)+", bodies.pop()), "the bodies are not what was sent"
        mock.expect_nothing()

    for what, content in ("plain", m.PLAIN), ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("10 MB", m.LARGE):
        matrix.case("smtp-source", mock.name, what, deliver, content)
    matrix.case("smtp-source", mock.name, "500 messages, 20 at a time", many, 20, 500)
    matrix.case("smtp-source", mock.name, "the same, 20 connections", many, 20, 500, "-d")


def msmtp(matrix, mock, *protocol):
    """msmtp sends the lines of its input."""
    def deliver(content, *more, to=(ANN,), status=0):
        matrix.run("msmtp", "-C", "/dev/null", f"--host={HOST}", f"--port={mock.port}", f"--from={JOE}", "--tls=off",
                   f"--timeout={PATIENCE}", *protocol, *more, "--", *to, stdin=m.native(content), status=status)
        if status == 0:
            mock.expect(content)

    for what, content in ("plain", m.PLAIN), ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("10 MB", m.LARGE):
        matrix.case("msmtp", mock.name, what, deliver, content)

    def refused():
        deliver(m.PLAIN, to=TO, status=65)
        mock.expect_nothing()

    matrix.case("msmtp", mock.name, "3 recipients of 5 refused", refused)


def authentication(matrix, mock):
    def with_swaks(mechanism):
        options = "--auth", mechanism, "--auth-user", "joe", "--auth-password", "secret"
        matrix.run(*swaks_command(matrix, mock, m.PLAIN, *options))
        mock.expect(m.PLAIN)

    def with_curl(mechanism, *more):
        options = "--login-options", f"AUTH={mechanism}", "--user", "joe:secret", *more
        matrix.run(*curl_command(mock, "--upload-file", matrix.file(m.PLAIN), *options))
        mock.expect(m.PLAIN)

    def with_smtplib(mechanism, initial):
        with smtplib.SMTP(HOST, mock.port, timeout=PATIENCE) as client:
            client.ehlo()
            client.user, client.password = "joe", "secret"
            code, _ = client.auth(mechanism, getattr(client, "auth_" + mechanism.lower()), initial_response_ok=initial)
            assert code == 235, code
            client.sendmail(JOE, [ANN], m.PLAIN)
        mock.expect(m.PLAIN)

    def with_msmtp(mechanism):
        matrix.run("msmtp", "-C", "/dev/null", f"--host={HOST}", f"--port={mock.port}", f"--from={JOE}", "--tls=off",
                   f"--auth={mechanism.lower()}", "--user=joe", "--passwordeval=echo secret", "--", ANN,
                   stdin=m.native(m.PLAIN))
        mock.expect(m.PLAIN)

    def cancelled():
        with smtplib.SMTP(HOST, mock.port, timeout=PATIENCE) as client:
            client.ehlo()
            assert client.docmd("AUTH PLAIN")[0] == 334
            assert client.docmd("*")[0] == 501
            assert client.docmd("AUTH CRAM-MD5")[0] == 504
            assert client.docmd("AUTH LOGIN", base64.b64encode(b"joe").decode())[0] == 334
            assert client.docmd("not base64!")[0] == 501
            assert client.mail(JOE)[0] == 530

    def without():
        matrix.run(*swaks_command(matrix, mock, m.PLAIN), status=23)
        matrix.run(*curl_command(mock, "--upload-file", matrix.file(m.PLAIN)), status=55)
        mock.expect_nothing()

    for mechanism in "PLAIN", "LOGIN":
        matrix.case("swaks", mock.name, f"AUTH {mechanism}", with_swaks, mechanism)
        matrix.case("curl", mock.name, f"AUTH {mechanism}", with_curl, mechanism)
        matrix.case("curl", mock.name, f"AUTH {mechanism}, initial response", with_curl, mechanism, "--sasl-ir")
        matrix.case("smtplib", mock.name, f"AUTH {mechanism}", with_smtplib, mechanism, False)
        matrix.case("smtplib", mock.name, f"AUTH {mechanism}, initial response", with_smtplib, mechanism, True)
        matrix.case("msmtp", mock.name, f"AUTH {mechanism}", with_msmtp, mechanism)
    matrix.case("smtplib", mock.name, "AUTH cancelled, unknown, garbled", cancelled)
    matrix.case("swaks, curl", mock.name, "no AUTH", without)


def lmtp(matrix, mock):
    def per_recipient():
        with smtplib.LMTP(HOST, mock.port, timeout=PATIENCE) as client:
            client.ehlo()
            client.mail(JOE)
            assert [client.rcpt(to)[0] for to in TO] == [250, 250, 550, 450, 250]
            assert client.data(m.DOTS)[0] == 250
            # smtplib reads one reply; there is one for each recipient that was accepted (RFC 2033 section 4.2).
            assert [client.getreply()[0] for _ in TAKEN[1:]] == [250, 250]
            assert client.noop()[0] == 250
            assert client.docmd("EHLO client.example")[0] == 500
        mock.expect(m.DOTS, TAKEN)

    def deliver(content):
        with smtplib.LMTP(HOST, mock.port, timeout=PATIENCE) as client:
            client.sendmail(JOE, [ANN], content)
        mock.expect(m.ended(content))

    def with_swaks(*more):
        matrix.run(*swaks_command(matrix, mock, m.DOTS, "--protocol", "LMTP", *more, to=TO))
        mock.expect(m.DOTS, TAKEN)

    matrix.case("smtplib", mock.name, "a reply for each of 3 recipients", per_recipient)
    for what, content in ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("10 MB", m.LARGE):
        matrix.case("smtplib", mock.name, what, deliver, content)
    matrix.case("swaks", mock.name, "3 recipients of 5 refused", with_swaks)
    matrix.case("swaks", mock.name, "the same, pipelined", with_swaks, "--pipeline")
    smtp_source(matrix, mock, ["-L"])
    msmtp(matrix, mock, "--protocol=lmtp")


def by_hand(matrix, strict, lenient):
    def type_at(mock):
        replies = []
        with socket.create_connection((HOST, mock.port), PATIENCE) as connection, connection.makefile("rb") as lines:
            for typed in ["", *BY_HAND]:
                connection.sendall(f"{typed}\r\n".encode() if typed else b"")
                reply = lines.readline()
                while reply[3:4] == b"-":
                    reply = lines.readline()
                replies.append(int(reply[:3]))
                if typed == "DATA" and replies[-1] != 354:
                    break
            else:
                assert until("the end", lambda: not lines.read(1) and "closed")
        return replies

    def lenient_takes():
        replies = type_at(lenient)
        assert replies == [220, 250, 250, 250, 354, 250, 221], replies
        content = BY_HAND[4].removesuffix(".").encode()
        lenient.expect(content, ["alice@example.net"], "bob@example.com")

    def strict_refuses():
        replies = type_at(strict)
        assert replies == [220, 250, 501, 501, 503], replies
        strict.expect_nothing()

    matrix.case("by hand", lenient.name, "spaces, no brackets", lenient_takes)
    matrix.case("by hand", strict.name, "the same is refused", strict_refuses)
