"""The programs that `conform` judges: how they are set up, and what is recorded of that."""

import json
import os
import pathlib
import re
import subprocess

import dovecot
from clients import ANN
from harness import HOST, Daemon, Mock, free_port
from node import NodeServer
from relays import exim, opensmtpd, postfix

HERE = pathlib.Path(__file__).parent / "programs"


class Judged:
    """A program, the file of its rows, and how the tester is called. `begin` starts it where it is a server, and returns the arguments of
    the tester and what runs meanwhile. `slow`: it takes a tenth of a second and more of a processor to start, which it does for each check."""

    def __init__(self, file, program, version, configuration, begin, slow=False):
        self.file, self.program, self.version, self.configuration, self.begin, self.slow = file, program, version, configuration, begin, slow
        self.is_server = not file.startswith("client-")


def said(*command):
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def debian(package):
    """The version of a package: a revision may change what a program does."""
    return said("dpkg-query", "-W", "-f=${Version}", package).split(":")[-1]


def unpacked(package):
    """The same of one that `.ci/interop` has unpacked and not installed."""
    file, = pathlib.Path(os.environ["OPENSMTPD"]).parent.glob(f"{package}_*.deb")
    return file.name.split("_")[1].split("%3a")[-1]


def npm(package):
    return json.loads((pathlib.Path(os.environ["NODE_PATH"]) / package / "package.json").read_text())["version"]


def servers(matrix):
    def judged(program, version, configuration, start, *options):
        def begin():
            daemon, sink, *more = start()
            return [f"{HOST}:{daemon.port}", "--json", "--rcpt", ANN, "--sink", sink, "--jobs", 16, "--timeout", 20, *options], [daemon, *more]

        shown = " ".join(option for option in (*options, "--sink") if option.startswith("--"))
        return Judged("-".join(program.lower().split()), program, version, f"{configuration}; {shown}", begin)

    def relay(start, **options):
        sink = Mock(matrix, "--lenient", recorded=False)
        return start(matrix, sink.port, "smtp", **options), sink.folder, sink

    def store():
        daemon = dovecot.start(matrix, "Dovecot LMTP", dovecot.STORE)
        return daemon, daemon.folder / "mail"

    def aiosmtpd(lmtp):
        folder, port = matrix.new_folder("aiosmtpd"), free_port()
        task = json.dumps({"folder": str(folder), "port": port, "lmtp": lmtp})
        return Daemon(matrix, "aiosmtpd", ["/usr/bin/python3", HERE / "aiosmtpd_server.py", task], port), folder

    def smtp_server(lmtp):
        daemon = NodeServer(matrix, "smtp-server", lmtp=lmtp)
        return daemon, daemon.folder

    lmtp = "--lmtp"
    python, node = debian("python3-aiosmtpd"), npm("smtp-server")
    of_python, of_node = "SMTPUTF8, AUTH without TLS", "AUTH optional, also without TLS"
    return [
        judged("Postfix", debian("postfix"), "relay for its network, smtpd_forbid_bare_newline=yes for it too",
               lambda: relay(postfix, more="smtpd_forbid_bare_newline = yes\nsmtpd_forbid_bare_newline_exclusions =\n")),
        judged("Exim", unpacked("exim4-daemon-light"), "relay for all, no TLS", lambda: relay(exim)),
        judged("OpenSMTPD", unpacked("opensmtpd"), "relay for all, no TLS", lambda: relay(opensmtpd)),
        judged("Dovecot LMTP", debian("dovecot-lmtpd"), "Maildir, two users, STARTTLS", store, lmtp),
        judged("aiosmtpd", python, of_python, lambda: aiosmtpd(False), "--auth", "joe:secret"),
        judged("aiosmtpd LMTP", python, of_python, lambda: aiosmtpd(True), lmtp, "--auth", "joe:secret"),
        judged("smtp-server", node, of_node, lambda: smtp_server(False), "--auth", "user:pass"),
        judged("smtp-server LMTP", node, of_node, lambda: smtp_server(True), lmtp, "--auth", "user:pass"),
    ]


# The task of a program in `programs/`, as `programs.py` says, with what the tester fills in.
TASK = json.dumps({
    "host": "{host}", "port": "PORT", "tls": "off", "user": None, "password": None, "ca": None, "from": "{from}", "to": ["{to}", "{to2}"],
    "lmtp": False, "pool": False, "dsn": False, "files": ["{message}"],
}).replace('"PORT"', "{port}")
# They end with 0 where a recipient was refused too, and say who was; the exit status is to say it.
CLAIM = r'''said=$("$@") || exit 1; case $said in *'"rejected":[]'* | *'"rejected": []'*) ;; *) exit 1 ;; esac'''


def clients():
    def judged(name, version, configuration, *command):
        file = "client-" + re.sub(r"\W+", "-", name.lower().removeprefix("python "))
        slow = name not in ("curl", "msmtp", "lettre")
        return Judged(file, name, version, configuration, lambda: (["--json", "--timeout", 15, "--", *command], []), slow)

    def program(name, version, configuration, *command):
        return judged(name, version, f"{configuration}, two recipients", "sh", "-c", CLAIM, "sh", *command, TASK)

    yield judged("curl", debian("curl"), "--ssl --insecure --upload-file {message}, two --mail-rcpt",
                 "curl", "-sS", "--ssl", "--insecure", "--url", "smtp://{host}:{port}/client.example", "--mail-from", "{from}",
                 "--mail-rcpt", "{to}", "--mail-rcpt", "{to2}", "--upload-file", "{message}")
    yield judged("msmtp", debian("msmtp"), "--tls=off, {message-lf} on standard input, two recipients",
                 "sh", "-c", 'msmtp -C /dev/null --tls=off --host="$1" --port="$2" --from="$3" -- "$4" "$5" <"$6"', "sh",
                 "{host}", "{port}", "{from}", "{to}", "{to2}", "{message-lf}")
    yield judged("swaks", debian("swaks"), "--tls-optional, {message-lf} and a dot on standard input, two recipients",
                 "sh", "-c", '{ cat "$6"; echo .; } | swaks --tls-optional --server "$1" --port "$2" --from "$3" --to "$4,$5" --data -', "sh",
                 "{host}", "{port}", "{from}", "{to}", "{to2}", "{message-lf}")
    yield judged("Python smtplib", said("/usr/bin/python3", "-c", "import platform; print(platform.python_version())"),
                 "sendmail, BODY=8BITMIME and starttls where they are offered, two recipients",
                 "/usr/bin/python3", HERE / "smtplib_client.py", "{host}", "{port}", "{from}", "{message}", "{to}", "{to2}")
    yield program("nodemailer", npm("nodemailer"), "sendMail with raw and use8BitMime, ignoreTLS", "node", HERE / "nodemailer.js")
    lock = (HERE / "lettre" / "Cargo.lock").read_text()
    yield program("lettre", re.search(r'name = "lettre"\nversion = "(.*)"', lock)[1], "send_raw, no TLS", os.environ["LETTRE"])
    yield program("aiosmtplib", debian("python3-aiosmtplib"), "sendmail, BODY=8BITMIME where it is offered, no TLS", "/usr/bin/python3", HERE / "aiosmtplib_client.py")
    yield program("Net::SMTP", said("perl", "-MNet::SMTP", "-e", "print Net::SMTP->VERSION"), "mail with Bits => 8 where 8BITMIME is offered, recipient, data", "perl", HERE / "net_smtp.pl")
    yield program("Ruby net/smtp", said("ruby", "-rnet/smtp", "-e", "puts Net::SMTP::VERSION"), "mailfrom, rcptto, data, disable_starttls",
                  "ruby", HERE / "net_smtp.rb")
    yield program("PHPMailer", debian("libphp-phpmailer"), "the class SMTP: mail, recipient, data", "php", HERE / "phpmailer.php")
