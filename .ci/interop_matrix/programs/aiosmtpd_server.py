"""A server on aiosmtpd. Its argument is a JSON object of options: folder, port, lmtp. It keeps message N as N.eml in the folder."""

import json
import logging
import pathlib
import signal
import sys
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])
folder = pathlib.Path(options["folder"])
# It warns of passwords in the clear, as it should.
warnings.simplefilter("ignore")
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Keeper:
    last = 0

    async def handle_DATA(self, server, session, envelope):
        self.last += 1
        (folder / f"{self.last}.eml").write_bytes(envelope.original_content)
        return "250 OK"


def check(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"joe", b"secret"), handled=False)


class OverTcp(Controller):
    def factory(self):
        return (LMTP if options["lmtp"] else SMTP)(self.handler, **self.SMTP_kwargs)


OverTcp(
    Keeper(), hostname="127.0.0.1", port=options["port"], enable_SMTPUTF8=True, authenticator=check, auth_require_tls=False,
).start()
signal.pause()
