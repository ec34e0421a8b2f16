"""Each view of the page, by its name, for tests of what holds in all of them."""
from selenium.webdriver import Keys

DAY_MS = 86_400_000
LOG = [("bob", 1_790_000_000_000, "Good morning, @ann!"), ("cat", 1_790_000_000_000 + 60_000, "see https://example.org/"),
       ("bob", 1_790_000_000_000 + DAY_MS, "x" * 500), ("cat", 1_790_000_000_000 + DAY_MS + 1000, "new since your last visit")]


def login(test):
    return test.page(test.server())


def refused(test):
    page = login(test)
    page.try_to_log_in("stranger")
    page.wait_alert("The server does not know this name.")
    return page


def messages(test):
    page = test.page(test.server(log=LOG, cursors={"ann": 3}), "ann")
    page.message(LOG[-1][2])
    page.send("an own message")
    page.message("an own message")
    page.write("a draft")
    return page


def offline(test):
    server = test.server(log=LOG)
    page = test.page(server, "ann")
    page.message(LOG[-1][2])
    server.kill()
    page.wait_for("offline", lambda: page.status().startswith("Offline"))
    page.send("sent later")
    page.wait_status("Offline, 1 unsent")
    return page


def search(test):
    page = messages(test)
    page.press("k", control=True)
    page.find("input, [role=searchbox]", "Search messages").send_keys("e")
    page.wait_for("results", lambda: "found" in page.text())
    return page


def people(test):
    page = messages(test)
    if not page.has("aside li, [role=complementary] li"):
        page.click("People")
    page.wait_for("the list of people", lambda: "bob" in page.text())
    return page


def look_inside(test):
    page = messages(test)
    page.click("Look inside")
    page.wait_for("the view", lambda: page.has("table"))
    return page


def taken_over(test):
    server = test.server(log=LOG)
    page = test.page(server, "ann")
    page.message(LOG[-1][2])
    test.person(server, "ann")
    page.find("[role=alertdialog]", "Opened elsewhere")
    return page


def history(test):
    """A long log, read from the middle on, with new messages below."""
    log = [("bob", 1_790_000_000_000 + number * 600_000, f"message {number}") for number in range(300)]
    server = test.server(log=log, cursors={"ann": 150})
    page = test.page(server, "ann")
    page.message("message 151")
    page.press(Keys.PAGE_UP)
    test.person(server, "cat").send("at the end")
    page.button("Newest", prefix=True)
    return page


ALL = [login, refused, messages, offline, history, search, people, look_inside, taken_over]
