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
    states = browser.run("return [...document.querySelectorAll('#detail .dialogue > li:not(.violation)')].map((line) => line.querySelector('.state').textContent)")
    assert states[:2] == ["start", "start"] and states[-1] == "closed" and "mail" in states, states
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


# The contrast of each text with the ground beneath it, as WCAG 2 defines it; the smallest, and the text that has it.
CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const parts = (color) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const over = ([r, g, b, a], below) => [r, g, b].map((part, at) => (part * a + below[at] * (255 - a)) / 255);
const light = (color) => color.map((part) => part / 255)
  .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
const ground = (one) => one ? over(parts(getComputedStyle(one).backgroundColor), ground(one.parentElement)) : [255, 255, 255];
const texts = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility() &&
  [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
return texts.map((one) => {
  const [text, below] = [light(over(parts(getComputedStyle(one).color), ground(one))), light(ground(one))];
  return [(Math.max(text, below) + 0.05) / (Math.min(text, below) + 0.05), one.textContent];
}).sort((one, other) => one[0] - other[0])[0];
"""


def is_readable_dark_and_narrow(mock, browser, shots):
    """In the dark and on a narrow screen every text has enough contrast, and nothing is wider than the page."""
    browser.run("document.getElementById('what').value = ''")
    browser.type("#what", "450 4.2.1 Not now")
    browser.click("#fault button")
    browser.find("#faults code", "rcpt=450")
    for scheme, width in ("light", None), ("dark", None), ("light", 400), ("dark", 400):
        browser.show(scheme, width)
        for hash, wanted in ("#session-2", "Session 2"), ("#message-1", "Message 1"):
            browser.run("location.hash = arguments[0]", hash)
            browser.find("#detail h2", wanted)
            contrast, text = browser.run(CONTRAST)
            assert contrast >= 4.5, (scheme, width, contrast, text)
            wide = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
            assert wide[0] <= wide[1], (scheme, width, wide)
            name = "-".join(["dark" if scheme == "dark" else "light", "narrow" if width else "wide", hash[1:8]])
            if (scheme, width) != ("light", None):
                browser.run("document.querySelector(arguments[0]).scrollIntoView()", "#detail" if width and hash == "#session-2" else "header")
                browser.screenshot(shots / f"{name}.png")
    browser.show("light")
    browser.click("#faults button")
    browser.find("#faults li", "None is switched on.")


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
        for check in [shows_sessions_and_messages, switches_faults, is_readable_dark_and_narrow, runs_no_script]:
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
