"""The few commands of WebDriver (W3C) that the test of the page needs, over HTTP and with the standard library alone."""

import base64
import json
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE = 30
# Nothing is fetched but what the page asks for, and no name but that of the page leads anywhere.
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1280,860",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


class Failed(Exception):
    """An answer of the driver that is an error."""


class Browser:
    def __init__(self, profile):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            if "successfully on port" in line:
                self.base = "http://127.0.0.1:" + line.rstrip(".\n").rsplit(" ", 1)[1]
                break
        else:
            raise Failed("chromedriver did not start")
        flags = [*FLAGS, f"--user-data-dir={profile}"]
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": flags},
            # A dialog stays, so that it can be found.
            "unhandledPromptBehavior": "ignore",
            "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
        }
        try:
            made = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        except BaseException:
            self.driver.terminate()
            raise
        self.base += "/session/" + made["sessionId"]

    def ask(self, method, path, body=None):
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            told = json.load(error)["value"]
            raise Failed(f"{told['error']}: {told['message'].splitlines()[0]}") from None

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, css, text=""):
        """The first visible element with this text in it; waits for it."""
        script = (
            "return [...document.querySelectorAll(arguments[0])]"
            ".find((one) => one.checkVisibility() && one.textContent.includes(arguments[1]))"
        )
        return self.until(f"{css} with {text!r}", lambda: self.run(script, css, text))

    def until(self, what, found):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if value := found():
                return value
            time.sleep(0.05)
        raise Failed(f"no {what} on the page:\n{self.run('return document.body.innerText')}")

    def click(self, css, text=""):
        self.ask("POST", f"/element/{self.find(css, text)[ELEMENT]}/click")

    def type(self, css, text):
        self.ask("POST", f"/element/{self.find(css)[ELEMENT]}/value", {"text": text})

    def texts(self, css):
        return self.run("return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", css)

    def has_dialog(self):
        try:
            self.ask("GET", "/alert/text")
        except Failed as error:
            assert str(error).startswith("no such alert"), error
            return False
        return True

    def requests(self):
        """The addresses of all that was asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.ask("POST", "/se/log", {"type": "performance"})]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def complaints(self):
        """What the browser has written to its console since the last call."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))

    def command(self, name, **parameters):
        """A command of the DevTools protocol."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def show(self, scheme, width=None):
        """Shows the page light or dark, and as wide as a window of so many pixels."""
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        if width:
            self.command("Emulation.setDeviceMetricsOverride", width=width, height=860, deviceScaleFactor=1, mobile=True)
        else:
            self.command("Emulation.clearDeviceMetricsOverride")

    def close(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
