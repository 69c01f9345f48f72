"""`send` delivers to the LMTP server of Dovecot, and through its LMTP proxy and its submission server to `smtp-lab mock`."""

import os
import pwd
import re

import messages as m
from harness import Daemon, Mock, free_port, same, until
from servers import ANN, BOB, CONTENTS, JOE, NEVER, NOBODY, send_to
from tls import certificate, lab_send

USER, PASSWORD = "ann", "secret"

COMMON = """
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {folder}
log_path = /dev/stderr
listen = 127.0.0.1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
auth_username_format = {user}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%n
mail_save_crlf = yes
submission_max_mail_size = 50M
service stats {{
  client_limit = 100
}}
"""

# The users of the passwd-file are all that there are.
STORE = COMMON + """
protocols = lmtp
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
service lmtp {{
  inet_listener lmtp {{
    port = {port}
  }}
}}
"""

PROXY = COMMON + """
protocols = lmtp
lmtp_proxy = yes
passdb {{
  driver = static
  args = proxy=y host=127.0.0.1 port={next} nopassword=y
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%n
}}
service lmtp {{
  inet_listener lmtp {{
    port = {port}
  }}
}}
"""

SUBMISSION = COMMON + """
protocols = submission
submission_relay_host = 127.0.0.1
submission_relay_port = {next}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
service submission-login {{
  inet_listener submission {{
    port = {port}
  }}
}}
"""


def start(matrix, name, config, user="%Ln", **places):
    folder = matrix.new_folder("dovecot")
    owner = pwd.getpwnam("nobody")
    cert, key = certificate(matrix)
    places |= {"user": user, "folder": folder, "port": free_port(), "uid": owner.pw_uid, "gid": owner.pw_gid, "cert": cert, "key": key}
    (folder / "mail").mkdir()
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    known = "".join(f"{user}:{{PLAIN}}{PASSWORD}:{owner.pw_uid}:{owner.pw_gid}::{folder}/mail/{user}\n" for user in ("ann", "bob"))
    (folder / "users").write_text(known)
    (folder / "dovecot.conf").write_text(config.format(**places))
    daemon = Daemon(matrix, name, ["dovecot", "-F", "-c", folder / "dovecot.conf"], places["port"])
    daemon.folder = folder
    return daemon


def play(matrix):
    store = start(matrix, "Dovecot LMTP", STORE)
    into_mailboxes(matrix, store)
    matrix.end(store)
    mock = Mock(matrix, "--lmtp")
    proxy = start(matrix, "Dovecot LMTP proxy", PROXY, user="%Lu", next=mock.port)
    through(matrix, proxy, mock, "--lmtp")
    matrix.end(proxy, mock)
    mock = Mock(matrix)
    submission = start(matrix, "Dovecot submission", SUBMISSION, next=mock.port)
    through(matrix, submission, mock, "--auth", f"{USER}:{PASSWORD}")
    under_tls(matrix, submission, mock)
    matrix.end(submission, mock)


def without_trace(octets, *fields):
    """The message after the fields that a server may have put before it, of which the last one has to be there."""
    for field in fields:
        trace = re.match(rb"%s: [^\r\n]*\r\n(?:[\t ][^\r\n]*\r\n)*" % field, octets)
        assert trace or field != fields[-1], octets[:500]
        octets = octets[trace.end():] if trace else octets
    return octets


def into_mailboxes(matrix, store):
    seen = set()

    def expect(user, content):
        box = store.folder / "mail" / user / "new"

        def found():
            return [file for file in box.glob("*") if file not in seen]

        file, = until(f"the message for {user}", found)
        seen.add(file)
        same(without_trace(file.read_bytes(), b"Return-Path", b"Delivered-To", b"Received"), content)

    def deliver(content, *flags):
        send_to(matrix, store.port, content, "--lmtp", *flags)
        expect("ann", m.ended(content) if content else content)

    def several():
        send_to(matrix, store.port, m.DOTS, "--lmtp", to=[ANN, NOBODY, BOB], status=NEVER,
                fates=["delivered (250", "refused (550", "delivered (250"])
        expect("ann", m.DOTS)
        expect("bob", m.DOTS)

    def under_tls(content):
        assert f"\n{ANN}: delivered (250" in lab_send(matrix, store.port, content, "--lmtp", "--tls", "must")
        expect("ann", content)

    for flags in [], ["--bdat"]:
        for what, content in CONTENTS:
            matrix.case(" ".join(["send --lmtp", *flags]), store.name, what, deliver, content, *flags)
    matrix.case("send --lmtp", store.name, "1 recipient of 3 refused", several)
    for what, content in ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("10 MB", m.LARGE):
        matrix.case("smtp-lab send --lmtp", store.name, f"STARTTLS, {what}", under_tls, content)


def through(matrix, relay, mock, *flags):
    def deliver(content, *more):
        send_to(matrix, relay.port, content, *flags, *more)
        expect(mock, m.ended(content) if content else content)

    def refused():
        send_to(matrix, relay.port, m.DOTS, *flags, to=[ANN, NOBODY, BOB], status=NEVER,
                fates=["delivered (250", "refused (550", "delivered (250"])
        expect(mock, m.DOTS, [ANN, BOB])

    pair = f"{relay.name}, {mock.name}"
    for more in [], ["--bdat"]:
        for what, content in CONTENTS:
            matrix.case(" ".join(["send", *more]), pair, what, deliver, content, *more)
    matrix.case("send", pair, "1 recipient of 3 refused", refused)


def expect(mock, content, to=(ANN,)):
    envelope, got = mock.next()
    assert (envelope["from"], envelope["to"]) == (JOE, list(to)), envelope
    same(without_trace(got, b"Received"), content)


def under_tls(matrix, relay, mock):
    def deliver(content):
        lab_send(matrix, relay.port, content, "--auth", f"{USER}:{PASSWORD}", "--tls", "must")
        expect(mock, content)

    for what, content in ("dots", m.DOTS), ("8-bit", m.EIGHT_BIT), ("10 MB", m.LARGE):
        matrix.case("smtp-lab send", f"{relay.name}, {mock.name}", f"STARTTLS, {what}", deliver, content)
