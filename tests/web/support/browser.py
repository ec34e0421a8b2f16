"""One Chromium for all tests of a process. Each test gets a window of its own, and, since each server has a port of its
own, an origin whose storage is empty."""
import atexit
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from .server import ROOT
from .waiting import wait_for

SCREENSHOTS = pathlib.Path(os.environ.get("BELFRY_SCREENSHOTS", ROOT / "build/tests/web"))

ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--lang=en-GB", "--window-size=1100,750",
]


class Browser:
    _shared = None

    @classmethod
    def shared(cls):
        if cls._shared is None:
            cls._shared = cls()
            atexit.register(cls._shared.quit)
        return cls._shared

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="belfry-chromium-", dir=os.environ.get("BELFRY_TEST_ROOT"))
        options = webdriver.ChromeOptions()
        for argument in [*ARGUMENTS, f"--user-data-dir={self.folder}/profile"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        # What Chromium writes into the home and the temporary directory belongs into our folder, too.
        own = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), self.folder)
        environment = {**os.environ, **own, "TZ": "Asia/Kolkata"}
        try:
            self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver", env=environment))
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.driver.set_script_timeout(60)
        self.first_window = self.driver.current_window_handle

    def quit(self):
        self.driver.quit()
        wait_for("all processes of Chromium have ended", self._none_is_left)
        shutil.rmtree(self.folder)

    def _none_is_left(self):
        return subprocess.run(["pgrep", "-f", self.folder], stdout=subprocess.DEVNULL, check=False).returncode != 0

    def open_window(self):
        """Opens a tab and shows it, so that all others are hidden. Returns its handle."""
        self.driver.switch_to.new_window("tab")
        return self.driver.current_window_handle

    def show(self, window):
        self.driver.switch_to.window(window)

    def title_of(self, window):
        """Returns the title of a tab without showing it."""
        address = self.driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
        with urllib.request.urlopen(f"http://{address}/json/list", timeout=30) as answer:
            return next(tab["title"] for tab in json.load(answer) if tab["id"] == window)

    def close_windows(self):
        """Closes all tabs but the first one, which keeps Chromium alive."""
        for window in self.driver.window_handles:
            if window != self.first_window:
                self.driver.switch_to.window(window)
                self.driver.close()
        self.driver.switch_to.window(self.first_window)

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def devtools(self, method, **parameters):
        return self.driver.execute_cdp_cmd(method, parameters)

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.driver.save_screenshot(str(path))
        return path
