"""From the keyboard into the log: own messages, their state, what happens without a connection, drafts."""
import os
import signal
import sqlite3

from selenium.webdriver import Keys

from support.case import BrowserTest
from support.page import Page


class Sending(BrowserTest):
    def test_a_sent_message_is_in_the_log_and_confirmed(self):
        server = self.server()
        page = self.page(server, "ann")
        page.send("hello")
        row = page.confirmed("hello")
        self.assertEqual(row["id"], 1)
        self.assertIn("own", row["classes"])
        self.assertTrue(page.find_all(".own [title=Sent], .own[title=Sent]"))
        self.assertEqual(self.person(server, "bob").log(), [("ann", "hello")])
        self.assertEqual(page.draft(), "")

    def test_the_button_sends_too(self):
        server = self.server()
        page = self.page(server, "ann")
        page.write("by the button")
        page.click("Send")
        page.confirmed("by the button")
        self.assertEqual(self.person(server, "bob").log(), [("ann", "by the button")])

    def test_enter_that_ends_the_input_method_of_safari_sends_nothing(self):
        server = self.server()
        page = self.page(server, "ann")
        page.write("nihon")
        page.browser.devtools("Input.dispatchKeyEvent", type="keyDown", key="Enter", windowsVirtualKeyCode=229)
        self.assertEqual(page.draft(), "nihon")

    def test_shift_and_enter_begin_a_new_line(self):
        server = self.server()
        page = self.page(server, "ann")
        page.send("one\ntwo\n\nfour")
        page.confirmed("one\ntwo\n\nfour")
        self.assertEqual(self.person(server, "bob").log(), [("ann", "one\ntwo\n\nfour")])

    def test_an_unconfirmed_message_is_shown_as_pending(self):
        server = self.server()
        page = self.page(server, "ann")
        session, = server.sessions("ann")
        os.kill(session, signal.SIGSTOP)  # it takes nothing
        self.addCleanup(lambda: session in server.processes() and os.kill(session, signal.SIGCONT))
        page.send("wait for me")
        page.wait_for("Sending…", lambda: (row := page.find_message("wait for me")) and row["status"] == "Sending…")
        self.screenshot("pending")
        page.wait_status("Online, 1 unsent")
        os.kill(session, signal.SIGCONT)
        page.wait_for("a confirmed message", lambda: [(row["id"], row["status"]) for row in page.messages()] == [(1, "")])
        page.wait_status("Online")

    def test_a_pending_message_shows_who_has_written_it(self):
        server = self.server()
        page = self.page(server, "ann")
        self.person(server, "bob").send("a message of bob")
        page.message("a message of bob")
        server.kill()
        page.send("an answer")
        page.send("another one")
        page.wait_for("two pending messages", lambda: [row["sender"] for row in page.messages()] == ["bob", "ann", ""])

    def test_offline_it_says_how_many_messages_are_unsent(self):
        server = self.server()
        page = self.page(server, "ann")
        server.kill()
        page.wait_for("offline", lambda: page.status().startswith(("Offline", "Connecting")))
        for number in range(1, 4):
            page.send(f"offline {number}")
        page.wait_for("Offline, 3 unsent", lambda: page.status() == "Offline, 3 unsent")
        page.wait_for("three pending messages",
                      lambda: [row["status"] for row in page.messages()] == ["Waiting for the connection"] * 3)
        self.screenshot("offline")
        server.start()
        page.wait_status("Online")
        page.wait_for("three confirmed messages", lambda: [row["id"] for row in page.messages()] == [1, 2, 3])
        self.assertEqual(self.person(server, "bob").log(), [("ann", f"offline {number}") for number in range(1, 4)])

    def test_what_is_typed_offline_is_sent_after_a_reload_of_the_page(self):
        server = self.server()
        page = self.page(server, "ann")
        self.shell_is_kept(page)
        server.kill()
        page.wait_for("offline", lambda: page.status().startswith("Offline"))
        page.send("offline 1")
        page.send("offline 2")
        page.wait_for("two unsent", lambda: page.status() == "Offline, 2 unsent")
        page.reload()
        page.wait_for("two unsent after the reload", lambda: page.status() in ("Offline, 2 unsent", "Connecting…, 2 unsent"))
        self.assertEqual(page.texts()[-2:], ["offline 1", "offline 2"])
        server.start()
        page.wait_status("Online")
        page.wait_for("confirmed messages", lambda: [row["id"] for row in page.messages()] == [1, 2])
        self.assertEqual(self.person(server, "bob").log(), [("ann", "offline 1"), ("ann", "offline 2")])

    @staticmethod
    def shell_is_kept(page):
        """Waits until the page can be loaded without the server."""
        page.script("return navigator.serviceWorker.ready.then(() => true)")

    def test_a_message_whose_answer_was_lost_is_sent_again_with_the_same_seq_after_a_reload(self):
        server = self.server()
        line = self.line(server)
        page = Page(self.browser, line.address).log_in("ann")
        bob = self.person(server, "bob")
        line.hold_answers()
        page.send("only once")
        self.assertEqual(bob.next_text(), "only once")  # the server has accepted it
        page.wait_for("a pending message", lambda: (row := page.find_message("only once")) and row["status"])
        page.reload()
        line.break_connections()
        page.wait_status("Online")
        page.wait_for("a confirmed message", lambda: [(row["id"], row["text"]) for row in page.messages()] == [(1, "only once")])
        page.send("another one")
        page.confirmed("another one")
        self.assertEqual(bob.log(), [("ann", "only once"), ("ann", "another one")])

    def test_a_message_whose_answer_was_lost_is_sent_once_although_the_log_has_got_a_new_epoch(self):
        server = self.server()
        line = self.line(server)
        page = Page(self.browser, line.address).log_in("ann")
        self.shell_is_kept(page)
        bob = self.person(server, "bob")
        line.hold_answers()
        page.send("only once")
        self.assertEqual(bob.next_text(), "only once")  # the server has accepted it
        server.stop()
        store = sqlite3.connect(server.data / "belfry.db")
        with store:
            store.execute("UPDATE log SET epoch = ''")
        store.close()
        page.reload()
        page.wait_for("offline", lambda: page.status().startswith(("Offline", "Connecting")))
        server.start()
        page.wait_status("Online")
        page.send("another one")
        page.confirmed("another one")
        again = self.person(server, "bob")
        self.assertNotEqual(again.welcome["epoch"], bob.welcome["epoch"])
        self.assertEqual(again.log(), [("ann", "only once"), ("ann", "another one")])

    def test_a_message_whose_answer_was_lost_is_sent_once_after_the_connection_broke(self):
        server = self.server()
        line = self.line(server)
        page = Page(self.browser, line.address).log_in("ann")
        bob = self.person(server, "bob")
        for number in range(1, 6):
            line.hold_answers()
            page.send(f"message {number}")
            self.assertEqual(bob.next_text(), f"message {number}")
            line.break_connections()
            page.wait_for("a confirmed message", lambda: [row["id"] for row in page.messages()] == list(range(1, number + 1)))
        self.assertEqual(bob.log(), [("ann", f"message {number}") for number in range(1, 6)])

    def taken_over(self, server):
        """Returns a page whose message has not reached the server, and a second device that has taken over."""
        page = self.page(server, "ann")
        session, = server.sessions("ann")
        os.kill(session, signal.SIGSTOP)  # it takes nothing
        self.addCleanup(lambda: session in server.processes() and os.kill(session, signal.SIGCONT))
        page.send("from the page")
        page.wait_status("Online, 1 unsent")
        device = self.person(server, "ann")
        os.kill(session, signal.SIGCONT)
        page.find("[role=alertdialog]", "Opened elsewhere")
        return page, device

    def test_an_unsent_message_is_sent_although_another_device_has_sent_meanwhile(self):
        server = self.server()
        page, device = self.taken_over(server)
        device.send("from the device")
        page.click("Use it here")
        page.wait_for("both messages", lambda: [(row["id"], row["text"]) for row in page.messages()] ==
                      [(1, "from the device"), (2, "from the page")])
        self.assertEqual(self.person(server, "bob").log(), [("ann", "from the device"), ("ann", "from the page")])

    def test_an_unsent_message_is_not_lost_if_another_device_has_used_a_higher_seq(self):
        server = self.server()
        page, device = self.taken_over(server)
        device.seq = 2 ** 61
        device.send("from the device")
        page.click("Use it here")
        page.wait_for("a message that was not sent", lambda: [row["text"] for row in page.messages()
                                                              if row["status"].startswith("Not sent")] == ["from the page"])
        page.click("Try again")
        page.confirmed("from the page")
        self.assertEqual(self.person(server, "bob").log(), [("ann", "from the device"), ("ann", "from the page")])

    def failed_message(self):
        """Returns a server and a page whose message the server refuses, because it accepts only short ones since its restart."""
        server = self.server()
        page = self.page(server, "ann")
        server.stop()
        page.wait_for("offline", lambda: page.status().startswith("Offline"))
        page.paste("long " * 1000)
        page.press(Keys.ENTER)
        page.wait_status("Offline, 1 unsent")
        server.options += ["--max-payload", "1K"]
        server.start()
        page.wait_for("a message that was not sent",
                      lambda: any(row["status"].startswith("Not sent") for row in page.messages()))
        return server, page

    def test_a_message_that_is_refused_is_shown_as_failed_and_can_be_sent_again(self):
        server, page = self.failed_message()
        self.assertTrue(page.has("button", "Discard"))
        self.screenshot("failed")
        server.stop()
        server.options[-1] = "64K"
        server.start()
        page.wait_for("online", lambda: page.status().startswith("Online"))
        page.click("Try again")
        page.wait_for("a confirmed message", lambda: [row["id"] for row in page.messages()] == [1])
        self.assertEqual(self.person(server, "bob").log(), [("ann", "long " * 1000)])

    def test_a_message_that_failed_can_be_discarded(self):
        server, page = self.failed_message()
        page.send("short")
        page.confirmed("short")
        page.click("Discard")
        page.wait_texts(["short"])
        page.reload()
        page.wait_texts(["short"])
        self.assertEqual(self.person(server, "bob").log(), [("ann", "short")])

    def test_a_message_that_is_too_long_is_not_sent_and_not_lost(self):
        server = self.server("--max-payload", "1K")
        page = self.page(server, "ann")
        page.paste("ä" * 600)
        page.press(Keys.ENTER)
        page.wait_alert("Too long: at most 1,024 bytes")
        self.assertEqual(page.draft(), "ä" * 600)
        self.screenshot("too-long")
        page.press(*[Keys.BACKSPACE] * 88)
        page.press(Keys.ENTER)
        page.confirmed("ä" * 512)

    def test_a_draft_survives_a_reload(self):
        server = self.server()
        page = self.page(server, "ann")
        page.write("half a sent\nence")
        page.reload()
        page.wait_for("the draft", lambda: page.has("textarea") and page.draft() == "half a sent\nence")

    def test_a_draft_belongs_to_its_writer(self):
        server = self.server()
        page = self.page(server, "ann")
        page.write("a secret of ann")
        page.click("Log out")
        page.log_in("bob")
        self.assertEqual(page.draft(), "")
        page.click("Log out")
        page.log_in("ann")
        page.wait_for("the draft", lambda: page.draft() == "a secret of ann")

    def test_a_draft_survives_the_loss_of_the_connection(self):
        server = self.server()
        page = self.page(server, "ann")
        page.write("still typing")
        server.restart()
        page.wait_status("Online")
        self.assertEqual(page.draft(), "still typing")

    def test_up_and_down_walk_through_what_one_has_sent_and_escape_restores_the_draft(self):
        server = self.server()
        page = self.page(server, "ann")
        for text in ("first", "second", "third"):
            page.send(text)
            page.confirmed(text)
        page.write("a draft")
        page.press(Keys.HOME)
        drafts = []
        for key in (Keys.UP, Keys.UP, Keys.UP, Keys.DOWN, Keys.ESCAPE):
            page.press(key)
            drafts.append(page.draft())
        self.assertEqual(drafts, ["third", "second", "first", "second", "a draft"])
        self.assertEqual([text for _, text in self.person(server, "bob").log()], ["first", "second", "third"])  # nothing edited

    def test_a_message_from_the_history_is_sent_as_a_new_one(self):
        server = self.server()
        page = self.page(server, "ann")
        page.send("again")
        page.confirmed("again")
        page.press(Keys.UP, Keys.ENTER)
        page.wait_for("two confirmed messages", lambda: [(row["id"], row["text"]) for row in page.messages()] == [(1, "again"), (2, "again")])
        self.assertEqual(self.person(server, "bob").log(), [("ann", "again")] * 2)
