"""The page of `smtp-lab mock` in a real browser.

    python3 lab/tests/browser/run.py target/debug/smtp-lab SCREENSHOTS

Needs Debian's chromium and chromium-driver; `.ci/run browser` installs them. The first argument is the program; screenshots go to the
directory that is the second. A check that fails ends it with a traceback and exit status 1.
"""

import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import urllib.request

from webdriver import PATIENCE, Browser

SCRIPT = "<script>window.pwned=1;alert(1)</script>"
IMAGE = '<img src="http://outside.example/x" onerror="window.pwned=1;alert(2)">'
LINK = '<link rel="stylesheet" href="http://outside.example/y"><iframe srcdoc="<script>top.pwned=1</script>"></iframe>'
QUOTED = '"<script>window.pwned=1;alert(3)</script>"@client.example'


class Mock:
    def __init__(self, program, *options):
        arguments = [program, "mock", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--quiet", *options]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        self.page = self.process.stdout.readline().split()[-1]

    def get(self, path):
        with urllib.request.urlopen(self.page + path, timeout=PATIENCE) as answer:
            return json.load(answer)

    def say(self, *lines):
        """Sends each line when the one before it is answered, and returns the codes of the replies, that of the greeting first."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as client:
            replies = client.makefile("rb")
            codes = []
            for line in ["", *lines]:
                client.sendall(line.replace("\n", "\r\n").encode() + (b"\r\n" if line else b""))
                reply = replies.readline()
                while reply[3:4] == b"-":
                    reply = replies.readline()
                codes.append(reply[:3].decode())
            return codes

    def stop(self):
        self.process.terminate()
        return self.process.wait(PATIENCE)


def message(subject, body="Hello.", sender="joe@client.example", to="ann@mx.example", header="X-Test: yes"):
    content = f"From: <joe@client.example>\nTo: <ann@mx.example>\nSubject: {subject}\n{header}\n\n{body}\n."
    return ["EHLO client.example", f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}>", "DATA", content, "QUIT"]


TAKEN = ["220", "250", "250", "250", "354", "250", "221"]


def shows_sessions_and_messages(mock, browser, shots):
    """Mail that is sent appears without a reload: session, violation with its clause, and message."""
    browser.find("#sessions td", "No client has connected.")
    browser.find("#messages td", "No message was accepted.")
    assert mock.say(*message("Lunch at noon", "Soup, then cake.")) == TAKEN
    # RFC 5321 section 3.3: there is no space after the colon. Section 4.1.4: EHLO comes first.
    assert mock.say("RCPT TO:<ann@mx.example>", "EHLO client.example", "MAIL FROM: <joe@client.example>",
                    "RCPT TO:<no-one@mx.example>", "RCPT TO:<ann@mx.example>", "QUIT") == ["220", "503", "250", "250", "550", "250", "221"]
    browser.click("#sessions tr:nth-child(1) td", "127.0.0.1")
    browser.find("#detail h2", "Session 2")
    # It stands beneath its line.
    beneath = "#detail li.client + li.violation.must"
    browser.find(beneath, "client: ")
    lines = browser.texts("#detail li")
    at = next(number for number, line in enumerate(lines) if line.startswith("C:MAIL FROM: <joe"))
    assert "RFC 5321 3.3" in lines[at + 1], lines
    links = browser.run("return [...document.querySelectorAll('#detail .violation a')].map((link) => link.href)")
    assert "https://www.rfc-editor.org/rfc/rfc5321#section-3.3" in links, links
    assert "mail" in browser.texts("#detail .state"), "the state after a reply"
    browser.screenshot(shots / "session.png")

    browser.click("#only")
    browser.until("one session", lambda: len(browser.texts("#sessions tbody a")) == 1)
    browser.click("#only")
    browser.click("#messages a", "1")
    browser.find("#detail td", "<joe@client.example>")
    browser.find("#detail td", "client.example")
    browser.screenshot(shots / "envelope.png")
    browser.click("[role=tab]", "Header")
    browser.find("#detail td", "Lunch at noon")
    browser.screenshot(shots / "header.png")
    browser.click("[role=tab]", "Source")
    browser.find("#detail pre", "Subject: Lunch at noon\r\nX-Test: yes\r\n\r\nSoup, then cake.\r\n")
    browser.screenshot(shots / "source.png")


def switches_faults(mock, browser, shots):
    """A fault is switched on from the page, takes effect, and is switched off."""
    browser.find("#faults li", "None is switched on.")
    browser.type("#what", "450 4.2.1 Not now")
    browser.click("#fault button")
    browser.find("#faults code", "rcpt=450 4.2.1 Not now")
    assert mock.get("api/faults") == {"rcpt": ["450 4.2.1 Not now"]}
    assert mock.say("EHLO client.example", "MAIL FROM:<>", "RCPT TO:<ann@mx.example>", "QUIT") == ["220", "250", "250", "450", "221"]
    browser.find("#sessions a", "3")
    browser.click("#sessions a", "3")
    browser.find("#detail code", "450 4.2.1 Not now")
    browser.screenshot(shots / "fault.png")
    browser.type("#what", "lunch")
    browser.click("#fault button")
    browser.find("#told", "lunch")
    assert mock.get("api/faults") == {"rcpt": ["450 4.2.1 Not now"]}
    browser.click("#faults button")
    browser.find("#faults li", "None is switched on.")
    assert mock.say(*message("After the fault")) == TAKEN


def runs_no_script(mock, browser, shots):
    """A mail with markup in subject, header, body and envelope is text wherever it is shown."""
    everything = SCRIPT + IMAGE + LINK
    codes = mock.say(*message(everything, everything, QUOTED, QUOTED.replace("client", "mx"), f"X-<b>{IMAGE}: {everything}\nContent-Type: text/html"))
    assert codes == TAKEN, codes
    assert mock.say(f"EHLO {IMAGE}", SCRIPT, "QUIT")[2:] == ["500", "221"]
    sessions, messages = mock.get("api/sessions"), mock.get("api/messages")
    before = browser.run("return document.querySelectorAll('script, img, iframe, link, b, style').length - document.querySelectorAll('.dialogue b').length")
    browser.find("#messages td", SCRIPT)
    for session in sessions[-2:]:
        browser.click("#sessions a", str(session["id"]))
        browser.find("#detail h2", f"Session {session['id']}")
    browser.find("#detail code", SCRIPT)
    browser.find("#detail code", f"EHLO {IMAGE}")
    browser.click("#messages a", str(messages[-1]["id"]))
    browser.click("[role=tab]", "Envelope")
    browser.find("#detail td", QUOTED)
    browser.click("[role=tab]", "Header")
    browser.find("#detail td", everything)
    browser.screenshot(shots / "script.png")
    browser.click("[role=tab]", "Source")
    browser.find("#detail pre", f"\r\n\r\n{everything}\r\n")
    # The octets themselves are a download, which shows nothing.
    browser.click("#detail a", "Download")
    assert not browser.has_dialog(), "a script has run"
    assert browser.run("return window.pwned") is None, "a script has run"
    after = browser.run("return document.querySelectorAll('script, img, iframe, link, b, style').length")
    assert after == before, "markup became elements"


def main(program, shots):
    shots = pathlib.Path(shots)
    shots.mkdir(parents=True, exist_ok=True)
    mock = Mock(program)
    try:
        with tempfile.TemporaryDirectory() as profile:
            in_a_browser(mock, profile, shots)
    finally:
        status = mock.stop()
    assert status == 0, status


def in_a_browser(mock, profile, shots):
    browser = Browser(profile)
    try:
        browser.open("about:blank")
        browser.requests()  # of the browser's own first page
        browser.open(mock.page)
        for check in [shows_sessions_and_messages, switches_faults, runs_no_script]:
            check(mock, browser, shots)
            print(f"{check.__name__}: {check.__doc__}", flush=True)
        asked = browser.requests()
        assert len(asked) > 10 and all(url.startswith(mock.page) for url in asked), set(asked)
        # The fault that is none was refused with 400, which the browser writes down.
        complaints = [line for line in browser.complaints() if "/api/faults" not in line]
        assert not complaints, complaints
    finally:
        browser.close()
    print("nothing but the page's own addresses was asked for, and the console is empty")


if __name__ == "__main__":
    main(*sys.argv[1:])
