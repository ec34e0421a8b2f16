"""Who is there, and the view inside."""
from support.case import BrowserTest
from support.person import Person
from support.waiting import wait_for


class People(BrowserTest):
    def shown(self, page):
        """Returns {client: state} as the list of people shows it."""
        items = page.find_all("aside li, dialog li")
        return dict(page.read(item).split() for item in items)

    def open_people(self, page):
        if not self.shown(page):
            page.click("People")
        page.wait_for("the list of people", lambda: self.shown(page))

    def expect(self, page, **states):
        page.wait_for(f"people {states}", lambda: self.shown(page) == states)

    def test_it_shows_who_is_online(self):
        server = self.server()
        self.person(server, "bob")
        page = self.page(server, "ann")
        self.open_people(page)
        self.expect(page, ann="online", bob="online", cat="offline")
        page.wait_for("their number", lambda: "2 online" in page.text())
        self.screenshot("people")

    def test_it_shows_at_once_who_comes_and_goes(self):
        server = self.server()
        page = self.page(server, "ann")
        self.open_people(page)
        self.expect(page, ann="online", bob="offline", cat="offline")
        with Person(server, "bob"):
            self.expect(page, ann="online", bob="online", cat="offline")
        self.expect(page, ann="online", bob="offline", cat="offline")

    def test_it_shows_that_a_session_was_killed(self):
        server = self.server()
        self.person(server, "bob")
        page = self.page(server, "ann")
        self.open_people(page)
        self.expect(page, ann="online", bob="online", cat="offline")
        server.kill_each(server.sessions("bob"))
        self.expect(page, ann="online", bob="offline", cat="offline")


class LookInside(BrowserTest):
    def terms(self, page):
        """Returns {term: description} of the view."""
        return page.script("""return Object.fromEntries([...document.querySelectorAll("dt")].filter((term) =>
            term.checkVisibility()).map((term) => [term.innerText.trim(), term.nextElementSibling.innerText.trim()]))""")

    def table(self, page):
        return page.script("""return [...document.querySelectorAll("table tr")].map((row) =>
            [...row.cells].map((cell) => cell.innerText.trim()))""")

    def open(self, page):
        page.click("Look inside")
        page.find("[role=region], section", "Look inside")

    def test_it_shows_what_a_client_may_know(self):
        server = self.server()
        bob = self.person(server, "bob", "ack=manual")
        bob.send_all(["one", "two", "three"])
        page = self.page(server, "ann")
        page.message("three")
        wait_for("ann has read all", lambda: bob.cursor_of("ann") == 3)
        self.open(page)
        page.wait_for("the newest message", lambda: self.terms(page).get("Newest message") == "3")
        page.wait_for("what is acknowledged", lambda: self.terms(page)["Acknowledged"] == "3")
        terms = self.terms(page)
        self.assertEqual(set(terms), {"Connection", "Server", "Epoch", "Newest message", "Acknowledged", "Behind", "Unsent",
                                      "Highest seq", "Largest message", "Received", "Round trip"})
        self.assertEqual(terms["Epoch"], bob.welcome["epoch"])
        self.assertEqual((terms["Behind"], terms["Unsent"]), ("0", "0"))
        self.assertIn(bob.welcome["server"].removeprefix("belfry/"), terms["Server"])
        self.screenshot("look-inside")

    def test_it_shows_live_who_is_how_far_behind(self):
        server = self.server()
        bob = self.person(server, "bob", "ack=manual")
        bob.send_all(["one", "two", "three"])
        page = self.page(server, "ann")
        page.message("three")
        self.open(page)
        row = lambda name: next((cells for cells in self.table(page) if cells[0] == name), None)
        page.wait_for("the rows", lambda: row("bob") and row("cat") == ["cat", "offline", "0", "3"])
        self.assertEqual(self.table(page)[0], ["Client", "State", "Acknowledged", "Behind"])
        self.assertEqual(row("bob"), ["bob", "online", "0", "3"])
        bob.ack(2)
        page.wait_for("bob's acknowledgement", lambda: row("bob") == ["bob", "online", "2", "1"])
        bob.send("four")
        page.wait_for("the newest message", lambda: self.terms(page)["Newest message"] == "4" and row("cat")[3] == "4")

    def test_escape_and_a_button_lead_back(self):
        server = self.server()
        page = self.page(server, "ann")
        for leave in (lambda: page.click("Back to messages"), lambda: page.press("\ue00c")):
            self.open(page)
            leave()
            page.wait_for("the messages again", lambda: page.has("[role=log]") and not page.has("table"))
            page.send("still here")
            page.message("still here")
