"""Much of everything: 100,000 messages, and a message of a million bytes."""
import time

from support.case import BrowserTest


class Large(BrowserTest):
    def log_of_100_000(self):
        return [("bob" if number % 3 else "cat", 1_790_000_000_000 + number * 1000, f"message {number}")
                for number in range(1, 100_001)]

    def nodes(self, page):
        return page.script("return document.querySelectorAll('*').length")

    def test_of_100_000_messages_only_those_on_the_screen_are_in_the_document(self):
        page = self.page(self.server(log=self.log_of_100_000(), cursors={"ann": 100_000}), "ann")
        page.message("message 100000")
        most = self.nodes(page)
        for tenth in range(10, -1, -1):
            page.script("""const list = document.querySelector("[role=log]");
                list.scrollTop = (list.scrollHeight - list.clientHeight) * arguments[0] / 10;""", tenth)
            page.wait_for("messages that are loaded", lambda: (rows := page.on_screen()) and
                          not any(row["busy"] for row in rows))
            most = max(most, self.nodes(page))
        self.report(f"at most {most} elements in the document")
        self.assertLess(most, 2000)
        page.wait_for("the first message", lambda: page.scroll_to(0) or page.find_message("message 1"))

    def test_a_backlog_of_100_000_messages_is_shown(self):
        server = self.server(log=self.log_of_100_000())
        page = self.page(server)
        started = time.monotonic()
        page.log_in("ann")
        page.message("message 100000")
        self.report(f"100,000 messages of backlog shown after {time.monotonic() - started:.2f} s")
        self.assertLess(self.nodes(page), 2000)
        page.send("still quick")
        page.message("still quick")

    def test_100_000_new_messages_can_be_scrolled_through(self):
        server = self.server()
        page = self.page(server, "ann")
        started = time.monotonic()
        self.person(server, "bob").send_all([f"message {number}" for number in range(1, 100_001)])
        page.message("message 100000")
        self.report(f"100,000 new messages shown after {time.monotonic() - started:.2f} s")
        self.assertLess(self.nodes(page), 2000)
        for _ in range(20):
            page.wheel(-2000)
            page.wait_for("messages that are loaded", lambda: (rows := page.on_screen()) and
                          not any(row["busy"] for row in rows))
            ids = [row["id"] for row in page.messages()]
            self.assertEqual(ids, list(range(ids[0], ids[0] + len(ids))))
        self.assertLess(self.nodes(page), 2000)

    def expect_a_million_bytes_to_be_bearable(self, payload):
        server = self.server("--max-payload", "1M")
        page = self.page(server, "ann")
        bob = self.person(server, "bob")
        bob.send("before it")
        page.message("before it")
        started = time.monotonic()
        bob.send(payload)
        page.button("Show all (1.0 MB)")
        self.report(f"a million bytes shown after {time.monotonic() - started:.2f} s")
        self.screenshot("a-million-bytes")
        page.send("the page answers")
        page.message("the page answers")
        page.scroll_to_end()
        started = time.monotonic()
        page.click("Show all (1.0 MB)")
        page.button("Show less")
        letters = len(payload.replace(b"\n", b"").replace(b" ", b""))
        page.wait_for("all of it", lambda: letters == page.script("""return Math.max(
            ...[...document.querySelectorAll("[role=log] .text")].map((text) => text.textContent.replace(/\\s/g, "").length))"""))
        self.report(f"all of it shown after {time.monotonic() - started:.2f} s")
        started = time.monotonic()
        page.send("the page still answers")
        page.wait_for("the message", lambda: ("ann", "the page still answers") == bob.log()[-1])
        page.click("Show less")
        page.button("Show all (1.0 MB)")
        self.report(f"typed, sent, and shortened again after {time.monotonic() - started:.2f} s")

    def test_a_million_bytes_without_a_space_do_not_hang_the_page(self):
        self.expect_a_million_bytes_to_be_bearable(b"x" * 1_000_000)

    def test_a_million_bytes_of_lines_do_not_hang_the_page(self):
        self.expect_a_million_bytes_to_be_bearable(b"a line https://example.org/ @ann \n" * 29_411 + b"x" * 26)

    def test_hundreds_of_messages_a_second_are_shown_in_order(self):
        server = self.server()
        page = self.page(server, "ann")
        bob = self.person(server, "bob")
        sent = []
        for batch in range(20):
            texts = [f"message {batch * 50 + number}" for number in range(50)]
            bob.send_all(texts)
            sent += texts
        page.message(sent[-1])
        ids = [row["id"] for row in page.messages()]
        self.assertEqual(ids, list(range(ids[0], 1001)))
