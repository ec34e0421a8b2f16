"""How messages look, and in which order."""
import datetime

from support.case import BrowserTest
from support.person import Gap

INDIA = datetime.timezone(datetime.timedelta(hours=5, minutes=30))  # the browser's time zone


def ms(*moment):
    """Unix time in milliseconds of a moment in the browser's time zone."""
    return int(datetime.datetime(*moment, tzinfo=INDIA).timestamp() * 1000)


class Reading(BrowserTest):
    def test_a_time_that_no_calendar_has_does_not_hide_the_messages(self):
        server = self.server(log=[("bob", 1_790_000_000_000, "today"), ("bob", 9 * 10 ** 15, "far away")])
        self.page(server, "ann").wait_texts(["today", "far away"])

    def test_messages_stand_in_the_order_of_the_log(self):
        server = self.server()
        page = self.page(server, "ann")
        bob, cat = self.person(server, "bob"), self.person(server, "cat")
        bob.send("one")
        page.message("one")
        page.send("two")
        page.confirmed("two")
        cat.send("three")
        page.send("four")
        page.message("three")
        page.confirmed("four")
        page.wait_texts([text for _, text in bob.log()])
        self.assertEqual(page.texts()[:2], ["one", "two"])
        self.assertEqual([row["id"] for row in page.messages()], [1, 2, 3, 4])

    def test_messages_are_grouped_by_sender(self):
        at = ms(2026, 11, 2, 10, 0)
        server = self.server(log=[("bob", at, "a"), ("bob", at + 1000, "b"), ("cat", at + 2000, "c"), ("bob", at + 3000, "d")])
        page = self.page(server, "ann")
        page.wait_texts(["a", "b", "c", "d"])
        self.assertEqual([row["sender"] for row in page.messages()], ["bob", "", "cat", "bob"])

    def test_a_long_pause_begins_another_group(self):
        at = ms(2026, 11, 2, 10, 0)
        server = self.server(log=[("bob", at, "a"), ("bob", at + 3_600_000, "b")])
        page = self.page(server, "ann")
        page.wait_texts(["a", "b"])
        self.assertEqual([row["sender"] for row in page.messages()], ["bob", "bob"])

    def test_messages_are_grouped_by_day(self):
        server = self.server(log=[("bob", ms(2026, 11, 2, 23, 59, 59), "late"), ("bob", ms(2026, 11, 3, 0, 0, 1), "early")])
        page = self.page(server, "ann")
        self.person(server, "bob").send("now")
        page.message("now")
        rows = [row["text"] for row in page.rows() if row["role"] in ("separator", "article") and row["text"] != "New messages"]
        self.assertEqual(rows, ["Monday, 2 November 2026", "late", "Tuesday, 3 November 2026", "early", "Today", "now"])
        self.screenshot("days")

    def test_yesterday_is_called_so(self):
        today = datetime.datetime.now(INDIA).replace(hour=0, minute=0, second=0)
        server = self.server(log=[("bob", int(today.timestamp() * 1000) - 1000, "old")])
        page = self.page(server, "ann")
        page.wait_row("separator", "Yesterday")

    def test_times_are_those_of_the_reader(self):
        server = self.server(log=[("bob", ms(2026, 11, 2, 7, 45), "breakfast"), ("cat", ms(2026, 11, 2, 19, 5), "supper")])
        page = self.page(server, "ann")
        page.wait_texts(["breakfast", "supper"])
        self.assertEqual([row["time"] for row in page.messages()], ["07:45", "19:05"])
        self.assertTrue(page.messages()[0]["name"].startswith("bob, 07:45"), page.messages()[0])

    def test_links_can_be_clicked_and_tell_the_other_site_nothing(self):
        server = self.server()
        page = self.page(server, "ann")
        self.person(server, "bob").send("see https://example.org/a?b=1&c=2 and http://example.net/x.")
        page.message("see https://example.org/a?b=1&c=2 and http://example.net/x.")
        links = page.find_all("[role=log] a")
        self.assertEqual([link.get_attribute("href") for link in links],
                         ["https://example.org/a?b=1&c=2", "http://example.net/x"])
        for link in links:
            self.assertIn("noopener", link.get_attribute("rel"))
            self.assertEqual(link.get_attribute("target"), "_blank")

    def test_only_addresses_of_the_web_become_links(self):
        server = self.server()
        page = self.page(server, "ann")
        text = "javascript:alert(1) data:text/html,x file:///etc/passwd"
        self.person(server, "bob").send(text)
        page.message(text)
        self.assertEqual(page.find_all("[role=log] a"), [])

    def test_line_breaks_and_spaces_are_kept(self):
        server = self.server()
        page = self.page(server, "ann")
        text = "first\n    second\n\nfourth"
        self.person(server, "bob").send(text)
        page.message(text)

    def test_each_sender_has_a_colour_of_its_own(self):
        server = self.server()
        page = self.page(server, "ann")
        for name in ("bob", "cat"):
            self.person(server, name).send(f"I am {name}")
            page.message(f"I am {name}")
        page.send("I am ann")
        page.confirmed("I am ann")
        colours = page.script("""return Object.fromEntries([...document.querySelectorAll("[role=log] .sender")].map(
            (sender) => [sender.innerText, getComputedStyle(sender).color]))""")
        self.assertEqual(len(set(colours.values())), len(colours), colours)
        self.assertIn("bob", colours)
        page.reload()
        page.message("I am cat")
        again = page.script("return getComputedStyle(document.querySelector('[role=log] .sender')).color")
        self.assertEqual(again, colours["bob"])

    def test_what_looks_like_html_is_text(self):
        server = self.server()
        page = self.page(server, "ann")
        text = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script><b>bold</b> &amp; &lt;"
        self.person(server, "bob").send(text)
        page.message(text)
        self.assertEqual(page.find_all("[role=log] img, [role=log] script, [role=log] b"), [])
        self.assertNotIn("broken in", page.title())
        page.send(text)
        page.wait_for("the own message, confirmed", lambda: [row["id"] for row in page.messages()] == [1, 2])
        self.screenshot("html-is-text")

    def test_a_name_in_the_title_or_a_mention_cannot_become_html(self):
        server = self.server()
        page = self.page(server, "ann")
        text = "@ann <i>@ann</i> https://example.org/<u>x"
        self.person(server, "bob").send(text)
        page.message(text)
        self.assertEqual(page.find_all("[role=log] i, [role=log] u"), [])

    def test_right_to_left_text_runs_from_right_to_left(self):
        server = self.server()
        page = self.page(server, "ann")
        bob = self.person(server, "bob")
        bob.send("שלום עולם, abc")
        bob.send("left to right, שלום")
        page.message("left to right, שלום")
        directions = page.script("""return [...document.querySelectorAll("[role=log] .text")].map(
            (text) => getComputedStyle(text).direction)""")
        self.assertEqual(directions, ["rtl", "ltr"])
        self.screenshot("right-to-left")

    def test_marks_that_turn_text_around_end_with_their_message(self):
        server = self.server()
        page = self.page(server, "ann")
        self.person(server, "bob").send("\u202egnorw")
        page.message("\u202egnorw")
        isolated = page.script("""return [...document.querySelectorAll("[role=log] .text")].map(
            (text) => getComputedStyle(text).unicodeBidi)""")
        self.assertIn(isolated[0], ("isolate", "plaintext", "isolate-override"))

    def test_emoji_stay_whole(self):
        server = self.server()
        page = self.page(server, "ann")
        text = "👩‍👩‍👧 🇩🇪 👍🏽 e\u0301"
        page.paste(text)
        page.press("\n")
        page.confirmed(text)
        self.assertEqual(self.person(server, "bob").log(), [("ann", text)])

    def test_bytes_that_are_no_text_are_shown_as_such(self):
        server = self.server()
        page = self.page(server, "ann")
        self.person(server, "bob").send(b"a\xff\xfeb")
        page.message("a\ufffd\ufffdb")

    def test_an_empty_message_is_a_message(self):
        server = self.server()
        page = self.page(server, "ann")
        bob = self.person(server, "bob")
        bob.send("")
        bob.send("after it")
        page.message("after it")
        self.assertEqual([row["id"] for row in page.messages()], [1, 2])

    def test_mentions_of_oneself_are_highlighted(self):
        server = self.server()
        page = self.page(server, "ann")
        self.person(server, "bob").send_all(["come, @ann!", "come, @anna", "mail@ann", "come, @bob"])
        page.message("come, @bob")
        self.assertEqual(page.script("return [...document.querySelectorAll('[role=log] mark')].map((m) => m.innerText)"), ["@ann"])
        self.assertEqual([row["text"] for row in page.messages() if "mentioned" in row["classes"]], ["come, @ann!"])
        self.screenshot("mention")

    def test_a_gap_is_shown_as_a_gap(self):
        server = self.server("--durability", "memory", "--ring-size", "1M")
        self.person(server, "bob").send_all([b"x" * 10_000] * 300)
        welcomed = self.person(server, "cat")
        gap = welcomed.next(Gap)
        page = self.page(server, "ann")
        page.wait_row("note", f"{gap.last - gap.first + 1:,} messages are missing")
        self.screenshot("gap")

    def test_a_new_log_is_not_mistaken_for_the_old_one(self):
        server = self.server("--durability", "memory")
        page = self.page(server, "ann")
        bob = self.person(server, "bob")
        bob.send_all(["old 1", "old 2"])
        page.message("old 2")
        server.stop()
        server.start()
        page.wait_status("Online")
        self.person(server, "bob").send("new 1")
        page.message("new 1")
        page.wait_row("note", "The server has begun a new log")
        self.screenshot("new-log")
