"""Search through the whole log."""
from selenium.webdriver import Keys

from support.case import BrowserTest

RESULT = "[aria-label=Results] button"


def log_with(texts, count):
    """Returns a log of `count` messages, in which some have their own text by id."""
    return [("bob", 1_790_000_000_000 + number * 1000, texts.get(number, f"message {number}")) for number in range(1, count + 1)]


class Search(BrowserTest):
    def open(self, page):
        page.press("k", control=True)
        return page.find("input, [role=searchbox]", "Search messages")

    def results(self, page):
        return page.read(RESULT)

    def wait_found(self, page, text):
        page.wait_for(f"status {text!r}", lambda: text in page.read("dialog [role=status]"))

    def test_it_finds_messages_that_are_not_loaded_and_jumps_to_them(self):
        server = self.server(log=log_with({10: "the needle", 2500: "another Needle"}, 3000), cursors={"ann": 3000})
        page = self.page(server, "ann")
        page.message("message 3000")
        self.open(page).send_keys("needle")
        self.wait_found(page, "2 found")
        self.screenshot("search")
        results = self.results(page)
        self.assertEqual(len(results), 2)
        index = next(number for number, text in enumerate(results) if "the needle" in text)
        page.press(*[Keys.DOWN] * index)
        if page.focused().tag_name != "button":
            page.press(Keys.DOWN)
        while "the needle" not in page.focused().text:
            page.press(Keys.DOWN)
        page.press(Keys.ENTER)
        page.wait_for("the message, found", lambda: (row := page.find_message("the needle")) and row["isOnScreen"] and
                      "found" in row["classes"])
        self.assertEqual(page.focused().get_attribute("aria-posinset"), "10")
        self.screenshot("found")

    def test_a_click_on_a_result_jumps_to_it(self):
        server = self.server(log=log_with({10: "the needle"}, 500), cursors={"ann": 500})
        page = self.page(server, "ann")
        page.message("message 500")
        self.open(page).send_keys("needle")
        self.wait_found(page, "1 found")
        page.find_all(RESULT)[0].click()
        page.wait_for("the message", lambda: (row := page.find_message("the needle")) and row["isOnScreen"])

    def test_enter_that_ends_an_input_method_goes_to_no_result(self):
        server = self.server(log=log_with({10: "the needle"}, 500), cursors={"ann": 500})
        page = self.page(server, "ann")
        page.message("message 500")
        self.open(page).send_keys("needle")
        self.wait_found(page, "1 found")
        page.browser.devtools("Input.dispatchKeyEvent", type="keyDown", key="Enter", windowsVirtualKeyCode=229)
        self.assertEqual(len(self.results(page)), 1)

    def test_a_result_is_shown_also_while_another_view_is_open(self):
        server = self.server(log=log_with({10: "the needle"}, 500), cursors={"ann": 500})
        page = self.page(server, "ann")
        page.message("message 500")
        page.click("Look inside")
        self.open(page).send_keys("needle")
        self.wait_found(page, "1 found")
        page.find_all(RESULT)[0].click()
        page.wait_for("the message", lambda: (row := page.find_message("the needle")) and row["isOnScreen"])

    def test_enter_in_the_field_jumps_to_the_first_result(self):
        server = self.server(log=log_with({10: "the needle"}, 500), cursors={"ann": 500})
        page = self.page(server, "ann")
        page.message("message 500")
        self.open(page).send_keys("needle")
        self.wait_found(page, "1 found")
        page.press(Keys.ENTER)
        page.wait_for("the message", lambda: (row := page.find_message("the needle")) and row["isOnScreen"])

    def test_it_says_when_nothing_is_found(self):
        server = self.server(log=log_with({}, 50))
        page = self.page(server, "ann")
        self.open(page).send_keys("needle")
        self.wait_found(page, "Nothing found")
        self.assertEqual(self.results(page), [])

    def test_it_can_search_further_back(self):
        server = self.server(log=log_with({}, 450))
        page = self.page(server, "ann")
        page.message("message 450")
        self.open(page).send_keys("message")
        page.button("Search further back")
        page.wait_for("the newest 200", lambda: len(self.results(page)) == 200)
        page.click("Search further back")
        page.wait_for("older ones", lambda: len(self.results(page)) > 200)

    def test_what_looks_like_html_is_found_as_text(self):
        server = self.server(log=log_with({7: "<b>needle</b> (.*"}, 20))
        page = self.page(server, "ann")
        self.open(page).send_keys("</b> (.*")
        self.wait_found(page, "1 found")
        self.assertIn("<b>needle</b> (.*", self.results(page)[0])

    def test_escape_closes_it_and_the_focus_goes_back(self):
        page = self.page(self.server(), "ann")
        page.composer.click()
        self.open(page)
        page.press(Keys.ESCAPE)
        page.wait_for("the focus in the composer", lambda: not page.has("input", "Search messages") and page.focused() == page.composer)
