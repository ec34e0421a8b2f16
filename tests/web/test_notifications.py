"""Notifications on the desktop."""
from support.case import BrowserTest
from support.page import Page

# Observes what the page asks of the browser, and answers its question as a person would.
OBSERVE = """
window.asked = 0;
window.notified = [];
window.permission = "default";
window.Notification = class extends EventTarget {
    static get permission() { return window.permission; }
    static requestPermission() {
        window.asked += 1;
        window.permission = "%s";
        return Promise.resolve(window.permission);
    }
    constructor(title, options = {}) {
        super();
        note(title, options);
    }
    close() {}
};
ServiceWorkerRegistration.prototype.showNotification = async function (title, options = {}) {
    note(title, options);
};
function note(title, options) {
    window.notified.push(`${title}: ${options.body ?? ""}`);
    localStorage.notified = JSON.stringify(window.notified);
}
"""


class Notifications(BrowserTest):
    def page_that_answers(self, server, answer):
        return self.page(server, "ann", before=OBSERVE % answer)

    def want_notifications(self, page):
        page.click("Notify me")
        page.wait_for("a pressed button", lambda: page.button("Notify me").get_attribute("aria-pressed") == "true")

    def notified(self, page):
        """What another window of the same origin was notified of."""
        return page.script("return JSON.parse(localStorage.notified ?? '[]')")

    def expect_none_when_hidden(self, server, page):
        """Expects that the page, while it is hidden, notifies of nothing that another page notifies of."""
        other_address = server.address.replace("127.0.0.1", "localhost")  # another origin with a storage of its own
        other = Page(self.browser, other_address, OBSERVE % "granted").log_in("cat")
        self.want_notifications(other)
        visible = Page(self.browser, other_address)
        bob = self.person(server, "bob")
        for number in (1, 2):
            bob.send(f"message {number}")
            visible.wait_for(f"notification {number} of the other page", lambda: len(self.notified(visible)) == number)
        page.show()
        page.message("message 2")
        self.assertEqual(page.script("return window.notified"), [])

    def test_the_page_asks_only_when_somebody_wants_them(self):
        page = self.page_that_answers(self.server(), "granted")
        page.send("hello")
        page.confirmed("hello")
        self.assertEqual(page.script("return window.asked"), 0)
        self.assertEqual(page.button("Notify me").get_attribute("aria-pressed"), "false")
        self.want_notifications(page)
        self.assertEqual(page.script("return window.asked"), 1)

    def test_a_message_in_a_hidden_tab_makes_one(self):
        server = self.server()
        self.want_notifications(self.page_that_answers(server, "granted"))
        visible = self.page(server)
        self.person(server, "bob").send("look <b>here</b>")
        notified = visible.wait_for("a notification", lambda: self.notified(visible))
        self.assertEqual(len(notified), 1)
        self.assertIn("bob: look <b>here</b>", notified[0])

    def test_a_message_that_one_sees_makes_none(self):
        server = self.server()
        page = self.page_that_answers(server, "granted")
        self.want_notifications(page)
        self.person(server, "bob").send("you see me")
        page.wait_for("the announcement instead", lambda: page.script(
            "return document.querySelector('[role=status][aria-label=\"New messages\"]').textContent") == "bob: you see me")
        self.assertEqual(page.script("return window.notified"), [])

    def test_nobody_gets_one_unasked(self):
        server = self.server()
        self.expect_none_when_hidden(server, self.page_that_answers(server, "granted"))

    def test_the_button_ends_them_too(self):
        server = self.server()
        page = self.page_that_answers(server, "granted")
        self.want_notifications(page)
        page.click("Notify me")
        page.wait_for("a released button", lambda: page.button("Notify me").get_attribute("aria-pressed") == "false")
        self.expect_none_when_hidden(server, page)

    def test_a_client_who_refuses_them_gets_none(self):
        server = self.server()
        page = self.page_that_answers(server, "denied")
        page.click("Notify me")
        page.wait_for("a question", lambda: page.script("return window.asked") == 1)
        self.assertEqual(page.button("Notify me").get_attribute("aria-pressed"), "false")
        self.expect_none_when_hidden(server, page)
