"""What is new: the divider, the counts, the way to the newest message, and what counts as read."""
from support.case import BrowserTest
from support.page import Page
from support.waiting import wait_for

OBSERVE_BADGE = """
window.badges = [];
const set = Navigator.prototype.setAppBadge, clear = Navigator.prototype.clearAppBadge;
Navigator.prototype.setAppBadge = function (count) { window.badges.push(count); return set.apply(this, arguments); };
Navigator.prototype.clearAppBadge = function () { window.badges.push(0); return clear.apply(this, arguments); };
"""


def numbered(first, last):
    return [("bob", 1_790_000_000_000 + number * 600_000, f"message {number}") for number in range(first, last + 1)]


class Unread(BrowserTest):
    def server_with(self, count, read_up_to):
        """Returns a server whose log has `count` messages, of which ann has read some."""
        return self.server(log=numbered(1, count), cursors={"ann": read_up_to})

    def tops(self, page):
        """Where the messages on the screen are, by id."""
        return {row["id"]: row["top"] for row in page.on_screen() if row["role"] == "article"}

    def at_end_of(self, page, last):
        page.wait_for(f"message {last} on the screen", lambda: last in self.tops(page))

    def test_a_divider_stands_where_the_unread_messages_begin(self):
        server = self.server_with(8, 5)
        page = self.page(server, "ann")
        page.message("message 8")
        page.scroll_to_end()
        page.wait_row("separator", "New messages")
        page.message("message 5")  # loaded after the backlog, because it has been read
        texts = [row["text"] for row in page.rows() if row["role"] == "article" or row["text"] == "New messages"]
        self.assertEqual(texts[texts.index("New messages") - 1:][:3], ["message 5", "New messages", "message 6"])
        self.screenshot("unread-divider")

    def test_a_divider_stands_before_what_came_while_the_tab_was_hidden(self):
        server = self.server()
        page = self.page(server, "ann")
        bob = self.person(server, "bob")
        bob.send("seen")
        page.message("seen")
        wait_for("it is acknowledged", lambda: bob.cursor_of("ann") == 1)
        page.hide()
        bob.send_all(["unseen", "unseen, too"])
        page.wait_title("(2) ann · Belfry")
        page.show()
        page.message("unseen, too")
        page.wait_row("separator", "New messages")
        texts = [row["text"] for row in page.rows() if row["role"] == "article" or row["text"] == "New messages"]
        self.assertEqual(texts, ["seen", "New messages", "unseen", "unseen, too"])

    def test_the_page_opens_where_the_unread_messages_begin(self):
        page = self.page(self.server_with(300, 100), "ann")
        page.wait_for("the first unread message on the screen", lambda: 101 in self.tops(page))
        self.assertNotIn(300, self.tops(page))
        self.assertIn("New messages", [row["text"] for row in page.on_screen()])

    def test_somebody_who_comes_for_the_first_time_begins_with_the_newest_message(self):
        page = self.page(self.server_with(300, 0), "ann")
        self.at_end_of(page, 300)

    def test_the_title_counts_the_unread_messages(self):
        server = self.server()
        page = self.page(server, "ann")
        page.wait_title("ann · Belfry")
        page.hide()
        bob = self.person(server, "bob")
        bob.send("one")
        page.wait_title("(1) ann · Belfry")
        bob.send_all(["two", "three"])
        page.wait_title("(3) ann · Belfry")
        page.show()
        page.wait_title("ann · Belfry")

    def test_the_badge_of_the_icon_counts_them_too(self):
        server = self.server()
        page = self.page(server, "ann", before=OBSERVE_BADGE)
        page.hide()
        self.person(server, "bob").send_all(["one", "two", "three"])
        page.wait_title("(3) ann · Belfry")
        page.show()
        page.wait_for("a badge of 3, and none after reading", lambda: (
            badges := page.script("return window.badges")) and 3 in badges and badges[-1] == 0)

    def test_before_the_login_the_title_is_the_name_of_the_program(self):
        self.page(self.server()).wait_title("Belfry")

    def test_scrolling_up_loads_the_history(self):
        server = self.server_with(3000, 3000)
        page = self.page(server, "ann")
        self.at_end_of(page, 3000)
        before = min(self.tops(page))
        page.wheel(-1500)
        page.wait_for("older messages", lambda: (tops := self.tops(page)) and min(tops) < before and
                      not any(row["busy"] for row in page.on_screen()))

        def at_the_beginning():
            page.scroll_to(0)
            return 1 in self.tops(page)
        page.wait_for("the first message of the log", at_the_beginning)
        ids = sorted(row["id"] for row in page.messages())
        self.assertEqual(ids[:5], [1, 2, 3, 4, 5])

    def test_history_that_is_loaded_does_not_move_what_one_reads(self):
        server = self.server_with(3000, 3000)
        page = self.page(server, "ann")
        self.at_end_of(page, 3000)
        page.wheel(-3000)
        page.wait_for("messages, all loaded", lambda: (rows := page.on_screen()) and not any(row["busy"] for row in rows)
                      and 3000 not in self.tops(page))
        before = self.settled(page)
        page.wheel(-1000)
        page.wait_for("the screen 1,000 pixels above, all loaded", lambda: min(self.tops(page)) < min(before) and
                      not any(row["busy"] for row in page.on_screen()))
        self.settled(page)
        page.wheel(1000)
        after = self.settled(page)
        self.assert_same_places(before, after)

    def settled(self, page):
        """Returns where the messages are as soon as the wheel has come to rest."""
        last = [None]

        def rests():
            now = page.script("""return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(
                () => done(document.querySelector("[role=log]").scrollTop))))""")
            rested, last[0] = now == last[0], now
            return rested
        for _ in range(5):
            page.wait_for("the list at rest", rests)
        return self.tops(page)

    def assert_same_places(self, before, after):
        common = before.keys() & after.keys()
        self.assertTrue(common, (before, after))
        for number in common:
            self.assertAlmostEqual(before[number], after[number], delta=1.5, msg=f"message {number} jumped")

    def test_nothing_jumps_while_one_reads(self):
        server = self.server_with(500, 500)
        page = self.page(server, "ann")
        self.at_end_of(page, 500)
        page.wheel(-4000)
        page.wait_for("older messages, all loaded", lambda: (rows := page.on_screen()) and 500 not in self.tops(page) and
                      not any(row["busy"] for row in rows))
        before = self.settled(page)
        bob = self.person(server, "bob")
        for number in range(30):
            bob.send("new\n" * (number % 4 + 1))
        page.button("Newest (30)")
        self.assert_same_places(before, self.settled(page))

    def test_a_button_leads_to_the_newest_messages_and_counts_them(self):
        server = self.server_with(200, 200)
        page = self.page(server, "ann")
        self.at_end_of(page, 200)
        self.assertFalse(page.has("button", "Newest", prefix=True))
        page.wheel(-2000)
        page.button("Newest")
        bob = self.person(server, "bob")
        bob.send("a new one")
        page.button("Newest (1)")
        bob.send_all([f"number {number}" for number in range(2, 13)])
        page.button("Newest (12)")
        self.screenshot("newest")
        page.click("Newest (12)")
        self.at_end_of(page, 212)
        page.wait_for("no button at the end", lambda: not page.has("button", "Newest", prefix=True))

    def test_at_the_end_the_list_follows_new_messages(self):
        server = self.server_with(100, 100)
        page = self.page(server, "ann")
        self.at_end_of(page, 100)
        bob = self.person(server, "bob")
        for number in range(101, 111):
            bob.send(f"message {number}\nwith a second line")
            self.at_end_of(page, number)

    def test_a_message_counts_as_read_when_it_has_been_on_the_screen(self):
        server = self.server_with(300, 100)
        page = self.page(server, "ann")
        cat = self.person(server, "cat")
        page.wait_for("the first unread message on the screen", lambda: 101 in self.tops(page))
        shown = max(self.tops(page))
        self.assertLess(shown, 200)
        wait_for("the messages on the screen are acknowledged", lambda: shown - 1 <= cat.cursor_of("ann") <= shown,
                 evidence=lambda: f"cursor {cat.cursor_of('ann')}, on the screen {self.tops(page)}")

        def reads_on():
            page.wheel(300)
            return 300 in self.tops(page)
        page.wait_for("the last message on the screen", reads_on)
        wait_for("the last message is acknowledged", lambda: cat.cursor_of("ann") == 300,
                 evidence=lambda: f"cursor {cat.cursor_of('ann')}")

    def test_what_runs_through_an_empty_list_that_one_watches_is_read(self):
        server = self.server()
        page = self.page(server, "ann")
        page.wait_for("the empty list", lambda: "No messages yet" in page.text())
        bob = self.person(server, "bob")
        bob.send_all([f"message {number}" for number in range(300)])
        self.at_end_of(page, 300)
        wait_for("all are acknowledged", lambda: bob.cursor_of("ann") == 300, evidence=lambda: f"cursor {bob.cursor_of('ann')}")

    def test_messages_that_one_has_skipped_are_not_read(self):
        server = self.server_with(300, 100)
        page = self.page(server, "ann")
        cat = self.person(server, "cat")
        page.wait_for("the first unread message on the screen", lambda: 101 in self.tops(page))
        page.scroll_to_end()
        self.at_end_of(page, 300)
        cat.send("after the skip")
        self.at_end_of(page, 301)
        self.assertLess(cat.cursor_of("ann"), 200)

    def test_what_has_not_been_on_the_screen_comes_again(self):
        server = self.server_with(300, 100)
        page = self.page(server, "ann")
        page.wait_for("the first unread message on the screen", lambda: 101 in self.tops(page))
        shown = max(self.tops(page))
        cat = self.person(server, "cat")
        wait_for("the messages on the screen are acknowledged", lambda: cat.cursor_of("ann") >= shown - 1)
        page.reload()
        page.wait_for("messages that are still unread", lambda: f"({300 - cat.cursor_of('ann')}) ann · Belfry" == page.title())

    def test_what_comes_while_the_tab_is_hidden_is_not_read_by_somebody_who_has_skipped_older_messages(self):
        server = self.server_with(300, 0)
        page = self.page(server, "ann")
        self.at_end_of(page, 300)
        page.hide()
        self.person(server, "bob").send_all([f"number {number}" for number in range(100)])
        page.wait_for("some unread messages", lambda: int(page.title().split(")")[0][1:]) > 350)
        page.show()
        self.at_end_of(page, 400)
        page.wait_for("those on the screen read", lambda: int(page.title().split(")")[0][1:]) < 400)
        self.settled(page)
        self.assertGreater(int(page.title().split(")")[0][1:]), 300)

    def test_what_was_read_on_another_device_is_shown_and_is_not_unread(self):
        server = self.server()
        line = self.line(server)
        page = Page(self.browser, line.address).log_in("ann")
        bob = self.person(server, "bob")
        bob.send("for both devices")
        page.message("for both devices")
        line.hold_answers()  # the page sleeps
        other = self.person(server, "ann", "ack=manual")
        bob.send_all(["read elsewhere", "read elsewhere, too"])
        other.ack(3)
        wait_for("both are acknowledged", lambda: bob.cursor_of("ann") == 3)
        line.break_connections()  # it wakes up
        page.wait_texts(["for both devices", "read elsewhere", "read elsewhere, too"])
        bob.send("for the page")
        page.message("for the page")
        wait_for("it is acknowledged", lambda: bob.cursor_of("ann") == 4)
        page.wait_title("ann · Belfry")

    def test_a_message_in_a_hidden_tab_is_not_read(self):
        server = self.server()
        page = self.page(server, "ann")
        page.hide()
        bob, cat = self.person(server, "bob"), self.person(server, "cat")
        bob.send("can you see me?")
        page.wait_title("(1) ann · Belfry")
        cat.send("an answer from cat")
        page.wait_title("(2) ann · Belfry")
        self.assertEqual(cat.cursor_of("ann"), 0)
        page.show()
        wait_for("both are acknowledged", lambda: cat.cursor_of("ann") == 2)

    def test_unread_messages_above_can_be_reached_or_marked_as_read(self):
        server = self.server_with(300, 100)
        page = self.page(server, "ann")
        page.wait_for("the first unread message on the screen", lambda: 101 in self.tops(page))
        page.scroll_to_end()
        page.click("First unread")
        page.wait_for("the first unread message on the screen", lambda: 101 in self.tops(page) or min(self.tops(page)) < 150)
        page.scroll_to_end()
        page.click("Mark all as read")
        cat = self.person(server, "cat")
        wait_for("all are acknowledged", lambda: cat.cursor_of("ann") == 300)
        page.wait_title("ann · Belfry")
