"""Logging in and out, what the page says when it may not, and what it remembers."""
import pathlib
import subprocess
import tempfile

from support.case import BrowserTest
from support.page import Page
from support.server import BIN

# Chromium throws this error if its settings forbid a site to store anything.
FORBIDS_STORAGE = """
for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, { configurable: true, get() { throw new DOMException("denied", "SecurityError"); } });
}
"""


class Login(BrowserTest):
    def server_with_secrets(self):
        """Returns a server and the secret of ann."""
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="belfry-clients-"))
        clients = pathlib.Path(folder) / "clients"
        secrets = [subprocess.run([BIN / "belfryctl", "client", "add", name, "--clients", clients], check=True, text=True,
                                  capture_output=True).stdout.split()[-1] for name in ("ann", "bob")]
        return self.server("--clients", str(clients), clients=""), secrets[0]

    def test_name_and_secret_open_the_messages(self):
        server, secret = self.server_with_secrets()
        page = self.page(server)
        self.assertTrue(page.is_at_login())
        self.screenshot("login")
        page.log_in("ann", secret)
        self.assertFalse(page.is_at_login())
        page.wait_for("text for an empty log", lambda: "No messages yet" in page.text())
        self.screenshot("empty")

    def test_a_wrong_secret_is_refused_in_plain_words(self):
        server, secret = self.server_with_secrets()
        page = self.page(server)
        page.try_to_log_in("ann", "wrong")
        page.wait_alert("Name or secret is wrong.")
        self.assertTrue(page.is_at_login())
        self.screenshot("refused")
        page.log_in("ann", secret)

    def test_a_missing_secret_is_refused_in_plain_words(self):
        server, _ = self.server_with_secrets()
        page = self.page(server)
        page.try_to_log_in("ann")
        page.wait_alert("Name or secret is wrong.")

    def test_a_secret_that_is_longer_than_any_is_refused_in_plain_words(self):
        server, secret = self.server_with_secrets()
        page = self.page(server)
        page.try_to_log_in("ann", "ä" * 200)  # 400 bytes
        page.wait_alert("Name or secret is wrong.")
        page.log_in("ann", secret)

    def test_a_name_that_the_server_does_not_know_is_refused_in_plain_words(self):
        page = self.page(self.server())
        page.try_to_log_in("stranger")
        page.wait_alert("The server does not know this name.")
        page.log_in("ann")

    def test_a_login_without_a_connection_says_so_and_succeeds_later(self):
        server = self.server()
        page = self.page(server)
        server.kill()
        page.try_to_log_in("ann")
        page.wait_alert("No connection to the server. Trying again…")
        self.screenshot("login-offline")
        server.start()
        page.wait_status("Online")

    def test_a_login_is_remembered_for_the_tab(self):
        server, secret = self.server_with_secrets()
        page = self.page(server, "ann", secret=secret)
        page.reload()
        page.wait_status("Online")
        other_tab = Page(self.browser, server.address)
        other_tab.field("Name")
        self.assertTrue(other_tab.is_at_login())

    def test_staying_logged_in_is_remembered_for_the_browser(self):
        server, secret = self.server_with_secrets()
        self.page(server, "ann", secret=secret, stay=True)
        other_tab = Page(self.browser, server.address)
        other_tab.wait_status("Online")
        self.assertFalse(other_tab.is_at_login())

    def test_a_browser_that_forbids_storage_shows_the_page_all_the_same(self):
        server = self.server()
        page = self.page(server, "ann", before=FORBIDS_STORAGE)
        page.send("hello")
        page.confirmed("hello")
        self.assertEqual(self.person(server, "bob").log(), [("ann", "hello")])

    def test_logging_out_forgets_the_login(self):
        server, secret = self.server_with_secrets()
        page = self.page(server, "ann", secret=secret, stay=True)
        page.click("Log out")
        page.field("Name")
        page.wait_for("the session has ended", lambda: not server.sessions("ann"))
        page.reload()
        page.field("Name")
        other_tab = Page(self.browser, server.address)
        other_tab.field("Name")
        self.assertNotIn(secret, self.browser.script("return JSON.stringify([localStorage, sessionStorage])"))

    def test_somebody_who_leaves_the_page_is_offline_and_online_again_after_coming_back(self):
        server = self.server()
        page = self.page(server, "ann")
        bob = self.person(server, "bob")
        self.browser.driver.get("data:text/html,<title>elsewhere</title>")
        page.wait_for("ann is offline", lambda: not bob.who()["ann"][0])
        self.browser.driver.back()
        page.wait_status("Online")
        page.send("back again")
        page.confirmed("back again")

    def test_a_login_from_another_place_is_said_and_can_be_taken_back(self):
        server = self.server()
        page = self.page(server, "ann")
        other = self.person(server, "ann")
        page.find("[role=alertdialog]", "Opened elsewhere")
        self.assertIn("This name has logged in from another place.", page.text())
        self.screenshot("taken-over")
        self.assertTrue(other.who()["ann"][0])  # the page does not fight for the name
        page.click("Use it here")
        page.wait_status("Online")
        self.assertEqual(other.next("BYE"), ["BYE", "taken-over"])
        page.send("back again")
        self.assertEqual(page.confirmed("back again")["id"], 1)

    def test_one_of_two_tabs_takes_over_and_the_other_one_does_not_fight(self):
        server = self.server()
        first = self.page(server, "ann")
        second = self.page(server, "ann")
        second.send("from the second tab")
        second.message("from the second tab")
        first.show()
        first.find("[role=alertdialog]", "Opened elsewhere")
        second.show()
        second.wait_status("Online")

    def test_after_being_taken_over_one_can_log_out(self):
        server = self.server()
        page = self.page(server, "ann")
        self.person(server, "ann")
        dialog = page.find("[role=alertdialog]", "Opened elsewhere")
        page.wait_for("a button to log out in the dialog", lambda: page.script(
            "return [...arguments[0].querySelectorAll('button')].filter((b) => b.innerText === 'Log out')", dialog))[0].click()
        page.field("Name")

    def test_a_client_whose_secret_is_taken_back_is_told(self):
        server, secret = self.server_with_secrets()
        page = self.page(server, "ann", secret=secret)
        server.belfryctl("client", "remove", "ann")
        page.wait_for("the refusal", lambda: "Name or secret is wrong." in page.text())
