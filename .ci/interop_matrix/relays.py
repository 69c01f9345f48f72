"""Postfix, Exim and OpenSMTPD between our two: `send` delivers to them, and they deliver to `smtp-lab mock`."""

import os
import pwd
import re

import messages as m
from harness import HOST, Daemon, Mock, free_port, same
from servers import ANN, BOB, CONTENTS, DSN, DSN_OF_MAIL, DSN_OF_RCPT, JOE, NEVER, NOBODY, arrives, send_to


def play(matrix):
    # Postfix names an internationalized recipient in ORCPT as if it were of the type rfc822, which is one of the leniencies.
    for start, lenient, protocols in (
        (postfix, ["--lenient"], ("smtp", "lmtp")), (exim, [], ("smtp", "lmtp")), (exim_without_chunking, [], ("smtp",)),
        (opensmtpd, [], ("smtp",)),
    ):
        for protocol in protocols:
            mock = Mock(matrix, *["--lmtp"] * (protocol == "lmtp"), *lenient)
            relay = start(matrix, mock.port, protocol)
            through(matrix, relay, mock)
            matrix.end(relay, mock)


def through(matrix, relay, mock):
    def expect(content, to=(ANN,), sender=JOE):
        envelope, got = mock.next()
        # A relay may name the recipients in another order.
        assert (envelope["from"], sorted(envelope["to"])) == (sender, sorted(to)), envelope
        trace = re.match(rb"Received: [^\r\n]*\r\n(?:[\t ][^\r\n]*\r\n)*", got)
        assert trace, got[:500]
        same(without_added(got[trace.end():], content), content)
        return envelope

    def deliver(content, *more):
        send_to(matrix, relay.port, content, *more)
        expect(arrives(content))

    def two():
        send_to(matrix, relay.port, m.DOTS, to=[ANN, BOB])
        expect(m.DOTS, [ANN, BOB])

    def refused():
        send_to(matrix, relay.port, m.DOTS, to=[ANN, NOBODY], status=NEVER, fates=["delivered (250", "refused (55"])
        expect(m.DOTS)

    def bounced():
        """Refused beyond the relay: the sender is told, and by a message whose reverse-path is null."""
        send_to(matrix, relay.port, m.PLAIN, to=["no.such@mx.example"])
        envelope, got = mock.next()
        assert (envelope["from"], envelope["to"]) == ("", [JOE]), envelope
        assert b"no.such@mx.example" in got

    def with_parameters():
        send_to(matrix, relay.port, m.PLAIN, *DSN)
        envelope = expect(m.PLAIN)
        assert set(DSN_OF_MAIL.split()) <= set(envelope["mail_parameters"].split()), envelope
        assert DSN_OF_RCPT in envelope["rcpt_parameters"][0].split(), envelope

    def internationalized():
        jörg, ün = "jörg@client.example", "ün@mx.example"
        if relay.name == "OpenSMTPD":
            why = "refused (the server does not offer SMTPUTF8)"
            send_to(matrix, relay.port, m.EIGHT_BIT, to=[ün], sender=jörg, status=NEVER, fates=[why])
            return
        send_to(matrix, relay.port, m.EIGHT_BIT, to=[ün], sender=jörg)
        expect(m.EIGHT_BIT, [ün], jörg)

    pair = f"{relay.name}, {mock.name}"
    for more in [], ["--bdat"]:
        for what, content in CONTENTS:
            # A relay that keeps lines ends the last one.
            if not (more and what == "no CRLF at the end"):
                matrix.case(" ".join(["send", *more]), pair, what, deliver, content, *more)
    matrix.case("send", pair, "2 recipients", two)
    matrix.case("send", pair, "1 recipient of 2 refused", refused)
    matrix.case("send", pair, "refused beyond the relay", bounced)
    matrix.case("send", pair, "DSN parameters", with_parameters)
    matrix.case("send", pair, "SMTPUTF8", internationalized)


def without_added(got, content):
    """A relay may end a header section that has no end, and may give an empty message a date and a name (RFC 6409 section 8)."""
    if not content and re.fullmatch(rb"(?:(?:Date|Message-ID): [^\r\n]*\r\n)*(?:\r\n)?", got):
        return content
    return content if got == content + b"\r\n" and b"\r\n\r\n" not in content else got


POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_host_lookup = native
disable_dns_lookups = yes
default_transport = {protocol}:[127.0.0.1]:{next}
relay_transport = $default_transport
relay_domains =
alias_maps =
local_recipient_maps =
local_header_rewrite_clients =
smtpd_recipient_restrictions = check_recipient_access inline:{{nobody@mx.example=REJECT}}, permit_mynetworks, reject
message_size_limit = 50000000
mailbox_size_limit = 0
smtp_line_length_limit = 0
lmtp_line_length_limit = 0
smtp_dns_support_level = disabled
smtputf8_enable = yes
"""

POSTFIX_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def postfix(matrix, next_port, protocol, more=""):
    folder = matrix.new_folder("postfix")
    folder.chmod(0o755)
    places = {"folder": folder, "next": next_port, "protocol": protocol, "port": free_port()}
    config = folder / "config"
    config.mkdir()
    (config / "main.cf").write_text(POSTFIX_MAIN.format(**places) + more)
    (config / "master.cf").write_text(POSTFIX_MASTER.format(**places))
    for name in "queue", "data":
        (folder / name).mkdir()
    owner = pwd.getpwnam("postfix")
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    return Daemon(matrix, "Postfix", ["postfix", "-c", config, "start-fg"], places["port"])


EXIM = """
primary_hostname = relay.example
spool_directory = {folder}
log_file_path = {folder}/log-%slog
pid_file_path = {folder}/pid
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
exim_path = {exim}
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
keep_environment =
host_lookup =
rfc1413_hosts =
acl_smtp_rcpt = recipients
acl_smtp_data = acl_check_data
tls_advertise_hosts =
chunking_advertise_hosts = {chunking}
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = 50M
smtp_accept_max = 100
queue_only = false

begin acl
recipients:
  deny local_parts = nobody
       message = Nobody here
  accept
acl_check_data:
  accept

begin routers
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = on
  no_verify

begin transports
on:
  driver = smtp
  protocol = {protocol}
  port = {next}
  allow_localhost
  hosts_avoid_tls = *
  message_linelength_limit = 4000
  {more}

begin retry
* * F,2h,15m
"""


def exim_without_chunking(matrix, next_port, protocol):
    return exim(matrix, next_port, protocol, "Exim without CHUNKING", chunking="", more="hosts_try_chunking =")


def exim(matrix, next_port, protocol, name="Exim", chunking="*", more=""):
    folder = matrix.new_folder("exim")
    folder.chmod(0o755)
    places = {"folder": folder, "next": next_port, "protocol": protocol, "port": free_port(), "exim": os.environ["EXIM"]}
    places |= {"chunking": chunking, "more": more}
    config = folder / "config"
    config.write_text(EXIM.format(**places))
    owner = pwd.getpwnam("Debian-exim")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return Daemon(matrix, name, [os.environ["EXIM"], "-C", config, "-bdf", "-q1h"], places["port"])


OPENSMTPD_CONFIG = """
listen on 127.0.0.1 port {port} hostname relay.example
smtp max-message-size 50M
action "on" relay host smtp://127.0.0.1:{next} helo relay.example
match from any for rcpt-to "nobody@mx.example" reject
match from any for any action "on"
"""

# Its folders are compiled in, so it has them to itself. It would ask the DNS for the name of each client, and wait where there is none.
OPENSMTPD_START = """
set -e
for folder in /run /var/spool /var/lib; do mount -t tmpfs -o mode=755 tmpfs $folder; done
echo lookup file >/run/resolv.conf
mount --bind /run/resolv.conf /etc/resolv.conf
mkdir -p /var/lib/opensmtpd/empty
mkdir -m 711 /var/spool/smtpd
cd /var/spool/smtpd
mkdir -m 700 corrupt incoming purge queue temporary
chown opensmtpq corrupt incoming purge queue temporary
mkdir -m 770 offline
chown root:opensmtpq offline
exec "$0/usr/sbin/smtpd" -d -f "$1"
"""


def opensmtpd(matrix, next_port, protocol):
    folder = matrix.new_folder("opensmtpd")
    port = free_port()
    config = folder / "config"
    config.write_text(OPENSMTPD_CONFIG.format(port=port, next=next_port))
    config.chmod(0o600)
    command = ["unshare", "--mount", "sh", "-c", OPENSMTPD_START, os.environ["OPENSMTPD"], config]
    return Daemon(matrix, "OpenSMTPD", command, port)
