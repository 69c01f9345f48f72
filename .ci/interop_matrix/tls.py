"""Clients submit mail to `smtp-lab mock`, over STARTTLS and over TLS from the start, and so does `smtp-lab send`."""

import smtplib
import socket
import ssl

import messages as m
from harness import HOST, OF_CONTENT, PATIENCE, Mock
from servers import CONTENTS, arrives

JOE, ANN = "joe@client.example", "ann@mx.example"
USER, PASSWORD = "user", "pass"


def certificate(matrix):
    cert, key = matrix.folder / "cert.pem", matrix.folder / "key.pem"
    if not cert.exists():
        matrix.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", "/CN=localhost",
                   "-addext", "basicConstraints=critical,CA:FALSE", "-addext", f"subjectAltName=DNS:localhost,IP:{HOST}", "-keyout", key, "-out", cert)
    return cert, key


def guarded(matrix, **options):
    """A server that takes mail under TLS and after AUTH only. It listens in the clear and for TLS."""
    cert, key = certificate(matrix)
    return Mock(matrix, "--require-tls", "--require-auth", "--cert", cert, "--key", key, "--listen-tls", f"{HOST}:0",
                listening=2, **options)


def play(matrix):
    mock = guarded(matrix)
    cert, _ = certificate(matrix)
    clear, tls = mock.ports
    context = ssl.create_default_context(cafile=cert)

    def with_swaks(content, *options):
        matrix.run("swaks", "--server", HOST, "--helo", "client.example", "--from", JOE, "--to", ANN, "--suppress-data",
                   "--data", "@" + matrix.file(m.native(content) + b".\n"), "--auth", "PLAIN", "--auth-user", USER,
                   "--auth-password", PASSWORD, *options)

    def with_curl(content, url, *options):
        matrix.run("curl", "-sSv", "--max-time", PATIENCE, "--cacert", cert, "--url", url, "--user", f"{USER}:{PASSWORD}",
                   "--mail-from", JOE, "--mail-rcpt", ANN, "--upload-file", matrix.file(content), *options)

    def with_smtplib(content, implicit):
        client = smtplib.SMTP_SSL(HOST, tls, context=context, timeout=PATIENCE) if implicit else smtplib.SMTP(HOST, clear, timeout=PATIENCE)
        with client:
            if not implicit:
                client.starttls(context=context)
                # What was learned in the clear is forgotten (RFC 3207 section 4.2).
                assert client.docmd("MAIL", f"FROM:<{JOE}>")[0] == 530
            client.login(USER, PASSWORD)
            client.sendmail(JOE, [ANN], content)

    def with_msmtp(content, port, start):
        matrix.run("msmtp", "-C", "/dev/null", f"--host={HOST}", f"--port={port}", f"--from={JOE}", "--tls=on",
                   f"--tls-starttls={start}", f"--tls-trust-file={cert}", f"--timeout={PATIENCE}", "--auth=plain",
                   f"--user={USER}", f"--passwordeval=echo {PASSWORD}", "--", ANN, stdin=m.native(content))

    def deliver(client, content, *arguments):
        client(content, *arguments)
        assert mock.expect(content)["user"] == USER

    for name, what, client, *arguments in (
        ("swaks", "STARTTLS", with_swaks, "--port", clear, "--tls"),
        ("swaks", "TLS", with_swaks, "--port", tls, "--tls-on-connect"),
        ("curl", "STARTTLS", with_curl, f"smtp://{HOST}:{clear}/client.example", "--ssl-reqd"),
        ("curl", "TLS", with_curl, f"smtps://{HOST}:{tls}/client.example"),
        ("smtplib", "STARTTLS", with_smtplib, False),
        ("smtplib", "TLS", with_smtplib, True),
        ("msmtp", "STARTTLS", with_msmtp, clear, "on"),
        ("msmtp", "TLS", with_msmtp, tls, "off"),
    ):
        for content, octets in ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("10 MB", m.LARGE):
            matrix.case(name, mock.name, f"{what}, {content}", deliver, client, octets, *arguments)

    def injected():
        with socket.create_connection((HOST, clear), PATIENCE) as connection:
            connection.sendall(b"EHLO client.example\r\nSTARTTLS\r\nMAIL FROM:<>\r\n")
            said = b""
            # There are octets that nobody reads, so the end may be a reset.
            try:
                while piece := connection.recv(4096):
                    said += piece
            except ConnectionResetError:
                pass
        # The connection ends after the 220, and nobody answers the rest.
        assert said.endswith(b"220 2.0.0 Ready to start TLS\r\n"), said

    def in_the_clear():
        with smtplib.SMTP(HOST, clear, timeout=PATIENCE) as client:
            client.ehlo()
            assert not client.has_extn("auth")
            assert client.docmd("AUTH PLAIN AHVzZXIAcGFzcw==")[0] == 538
            assert client.docmd("MAIL", f"FROM:<{JOE}>")[0] == 530

    matrix.case("by socket", mock.name, "plaintext after STARTTLS", injected)
    matrix.case("smtplib", mock.name, "no AUTH in the clear", in_the_clear)
    lab(matrix, guarded(matrix, ours=("client", "server")))


def lab_send(matrix, port, content, *options, to=(ANN,), sender=JOE, status=0):
    """Sends with `smtp-lab send`, which judges its own session, within TLS too."""
    recipients = [word for recipient in to for word in ("--to", recipient)]
    cert, _ = certificate(matrix)
    said = matrix.run(matrix.lab, "send", "--server", f"{HOST}:{port}", "--from", sender, *recipients, "--ca", cert,
                      *options, matrix.file(content), status=status)
    wrong = [line for line in said.splitlines() if line.startswith("   ^ client")]
    assert all(any(line.endswith(f", {kind})") for kind in OF_CONTENT) for line in wrong), wrong
    return said


def lab(matrix, mock):
    clear, tls = mock.ports
    login = "--auth", f"{USER}:{PASSWORD}"

    def deliver(content, port, *options):
        said = lab_send(matrix, port, content, *login, *options)
        assert f"\n{ANN}: delivered (250" in said
        envelope = mock.expect(arrives(content))
        assert envelope["user"] == USER and envelope["tls"], envelope

    def untrusted():
        # The certificates of this machine do not know this server, and a password goes to nobody unknown.
        command = [matrix.lab, "send", "--server", f"{HOST}:{clear}", "--from", JOE, "--to", ANN, *login, "--tls", "must"]
        assert f"\n{ANN}: deferred (" in matrix.run(*command, stdin=m.PLAIN, status=75)
        mock.expect_nothing()

    for what, port, *options in (
        ("STARTTLS", clear, "--tls", "must"), ("STARTTLS, chunks", clear, "--tls", "must", "--bdat"),
        ("TLS", tls, "--tls", "implicit"), ("TLS, chunks", tls, "--tls", "implicit", "--bdat"),
    ):
        for name, content in CONTENTS:
            matrix.case("smtp-lab send", mock.name, f"{what}, {name}", deliver, content, port, *options)
    matrix.case("smtp-lab send", mock.name, "a certificate that is not trusted", untrusted)
