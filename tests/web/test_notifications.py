"""Notifications on the desktop."""
from support.case import BrowserTest

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
        window.notified.push([title, options.body ?? ""]);
        window.lastNotification = this;
    }
    close() {}
};
ServiceWorkerRegistration.prototype.showNotification = async function (title, options = {}) {
    window.notified.push([title, options.body ?? ""]);
};
"""


class Notifications(BrowserTest):
    def page_that_answers(self, server, answer):
        return self.page(server, "ann", before=OBSERVE % answer)

    def test_the_page_asks_only_when_somebody_wants_them(self):
        page = self.page_that_answers(self.server(), "granted")
        page.send("hello")
        page.message("hello")
        self.assertEqual(page.script("return window.asked"), 0)
        self.assertEqual(page.button("Notify me").get_attribute("aria-pressed"), "false")
        page.click("Notify me")
        page.wait_for("a pressed button", lambda: page.button("Notify me").get_attribute("aria-pressed") == "true")
        self.assertEqual(page.script("return window.asked"), 1)

    def test_a_message_in_a_hidden_tab_makes_one(self):
        server = self.server()
        page = self.page_that_answers(server, "granted")
        page.click("Notify me")
        page.hide()
        self.person(server, "bob").send("look <b>here</b>")
        page.wait_title("(1) ann · Belfry")
        page.show()
        notified = page.wait_for("a notification", lambda: page.script("return window.notified"))
        self.assertEqual(len(notified), 1)
        self.assertIn("bob", " ".join(notified[0]))
        self.assertIn("look <b>here</b>", " ".join(notified[0]))

    def test_a_message_that_one_sees_makes_none(self):
        server = self.server()
        page = self.page_that_answers(server, "granted")
        page.click("Notify me")
        self.person(server, "bob").send("you see me")
        page.message("you see me")
        self.assertEqual(page.script("return window.notified"), [])

    def test_nobody_who_has_not_asked_for_them_gets_one(self):
        server = self.server()
        page = self.page_that_answers(server, "granted")
        page.hide()
        self.person(server, "bob").send("hello")
        page.wait_title("(1) ann · Belfry")
        page.show()
        page.message("hello")
        self.assertEqual(page.script("return window.notified"), [])

    def test_the_button_ends_them_too(self):
        server = self.server()
        page = self.page_that_answers(server, "granted")
        page.click("Notify me")
        page.wait_for("a pressed button", lambda: page.button("Notify me").get_attribute("aria-pressed") == "true")
        page.click("Notify me")
        page.wait_for("a released button", lambda: page.button("Notify me").get_attribute("aria-pressed") == "false")
        page.hide()
        self.person(server, "bob").send("hello")
        page.wait_title("(1) ann · Belfry")
        page.show()
        self.assertEqual(page.script("return window.notified"), [])

    def test_who_refuses_them_gets_none(self):
        server = self.server()
        page = self.page_that_answers(server, "denied")
        page.click("Notify me")
        page.wait_for("a question", lambda: page.script("return window.asked") == 1)
        self.assertEqual(page.button("Notify me").get_attribute("aria-pressed"), "false")
        page.hide()
        self.person(server, "bob").send("hello")
        page.wait_title("(1) ann · Belfry")
        page.show()
        self.assertEqual(page.script("return window.notified"), [])
