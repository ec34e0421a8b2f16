"""The base of the browser tests."""
import unittest

from .browser import Browser
from .line import Line
from .page import Page
from .person import Person
from .server import Server


class BrowserTest(unittest.TestCase):
    """A test with a browser. What it starts by the methods below ends with it, whatever happens."""

    maxDiff = None

    def setUp(self):
        self.browser = Browser.shared()
        self.addCleanup(self.browser.close_windows)

    def server(self, *options, **more):
        return self.enterContext(Server(*options, **more))

    def person(self, server, name, *options):
        return self.enterContext(Person(server, name, *options))

    def line(self, server):
        return self.enterContext(Line(server.web_port))

    def page(self, server, name=None, before=None, **more):
        """Opens the page in a window of its own, and logs in if there is a name."""
        page = Page(self.browser, server.address, before)
        return page.log_in(name, **more) if name else page

    def screenshot(self, name):
        self.browser.screenshot(name)

    def report(self, text):
        print(f"  {self.id().rpartition('.')[2]}: {text}", flush=True)

    def evidence(self):
        """What the browser shows, for the report of a failure."""
        try:
            path = self.browser.screenshot(f"failed-{self.id().rpartition('.')[2]}")
            console = "\n".join(entry["message"] for entry in self.browser.driver.get_log("browser"))
            text = self.browser.script("return document.body.innerText")
            return f"--- on the screen ({path}):\n{text}\n--- console:\n{console}"
        except Exception as error:  # the browser itself may be what failed
            return f"no evidence from the browser: {error}"
