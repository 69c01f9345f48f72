"""Clients submit mail to `submission`, over STARTTLS and over TLS from the start."""

import re
import smtplib
import socket
import ssl

import messages as m
from harness import HOST, PATIENCE, Daemon, until

JOE, ANN = "joe@client.example", "ann@mx.example"


def play(matrix):
    cert, key = matrix.folder / "cert.pem", matrix.folder / "key.pem"
    matrix.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", "/CN=localhost",
               "-addext", f"subjectAltName=DNS:localhost,IP:{HOST}", "-keyout", key, "-out", cert)
    server = Daemon(matrix, "submission", [matrix.built / "submission", "--cert", cert, "--key", key,
                                           "--listen", f"{HOST}:0", "--listen-tls", f"{HOST}:0"])
    pattern = re.compile(r"listening on \S+:(\d+) and \S+:(\d+)\n")
    found = until("submission to listen", lambda: server.is_alive() and pattern.search(server.said()))
    clear, tls = int(found[1]), int(found[2])
    context = ssl.create_default_context(cafile=cert)

    def case(client, what, deliver, *arguments):
        def arrives():
            before = server.said()
            deliver(*arguments)
            size = len(m.DOTS)
            said = rf"MAIL FROM:<{JOE}>[^,]*, RCPT TO:<{ANN}>[^;]*; {size} octets\n"
            until("the message", lambda: re.search(said, server.said()[len(before):]))

        matrix.case(client, server.name, what, arrives)

    def with_swaks(*options):
        matrix.run("swaks", "--server", HOST, "--helo", "client.example", "--from", JOE, "--to", ANN, "--suppress-data",
                   "--data", "@" + matrix.file(m.native(m.DOTS) + b".\n"), "--auth", "PLAIN", "--auth-user", "user",
                   "--auth-password", "pass", *options)

    def with_curl(url, *options):
        matrix.run("curl", "-sSv", "--max-time", PATIENCE, "--cacert", cert, "--url", url, "--user", "user:pass",
                   "--mail-from", JOE, "--mail-rcpt", ANN, "--upload-file", matrix.file(m.DOTS), *options)

    def with_smtplib():
        with smtplib.SMTP(HOST, clear, timeout=PATIENCE) as client:
            client.starttls(context=context)
            # What was learned in the clear is forgotten (RFC 3207 section 4.2).
            assert client.docmd("MAIL", f"FROM:<{JOE}>")[0] == 530
            client.login("user", "pass")
            client.sendmail(JOE, [ANN], m.DOTS)

    def with_msmtp(port, start):
        matrix.run("msmtp", "-C", "/dev/null", f"--host={HOST}", f"--port={port}", f"--from={JOE}", "--tls=on",
                   f"--tls-starttls={start}", f"--tls-trust-file={cert}", f"--timeout={PATIENCE}", "--auth=plain",
                   "--user=user", "--passwordeval=echo pass", "--", ANN, stdin=m.native(m.DOTS))

    case("swaks", "STARTTLS", with_swaks, "--port", clear, "--tls")
    case("swaks", "TLS", with_swaks, "--port", tls, "--tls-on-connect")
    case("curl", "STARTTLS", with_curl, f"smtp://{HOST}:{clear}/client.example", "--ssl-reqd")
    case("curl", "TLS", with_curl, f"smtps://{HOST}:{tls}/client.example")
    case("smtplib", "STARTTLS", with_smtplib)
    case("msmtp", "STARTTLS", with_msmtp, clear, "on")
    case("msmtp", "TLS", with_msmtp, tls, "off")

    def injected():
        with socket.create_connection((HOST, clear), PATIENCE) as connection:
            connection.sendall(b"EHLO client.example\r\nSTARTTLS\r\nMAIL FROM:<>\r\n")
            said = connection.makefile("rb").read()
        # The connection ends behind the 220, and nobody answers the rest.
        assert said.endswith(b"220 2.0.0 Ready to start TLS\r\n"), said

    def in_the_clear():
        with smtplib.SMTP(HOST, clear, timeout=PATIENCE) as client:
            client.ehlo()
            assert not client.has_extn("auth")
            assert client.docmd("AUTH PLAIN AHVzZXIAcGFzcw==")[0] == 538
            assert client.docmd("MAIL", f"FROM:<{JOE}>")[0] == 530

    matrix.case("by socket", server.name, "plaintext behind STARTTLS", injected)
    matrix.case("smtplib", server.name, "no AUTH in the clear", in_the_clear)
