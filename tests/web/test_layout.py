"""From a phone to a wide screen."""
from selenium.webdriver import Keys

from support import views
from support.case import BrowserTest

WIDTHS = (320, 360, 480, 768, 899, 900, 1280, 1600)

# Returns how far the document is wider than the screen, and which visible elements stick out of it.
OVERFLOW = """
const width = document.documentElement.clientWidth;
const out = [...document.body.querySelectorAll("*")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({visibilityProperty: true, opacityProperty: true}) &&
        (box.right > width + 0.5 || box.left < -0.5);
}).map((element) => element.tagName + "." + element.className + " " + JSON.stringify(element.getBoundingClientRect()));
const wide = [...document.querySelectorAll("[role=log], main, body, dialog")].filter(
    (element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0).map((element) => element.tagName);
return [document.documentElement.scrollWidth - width, out.slice(0, 5), wide];
"""


class Layout(BrowserTest):
    def resize(self, width, height=740):
        self.browser.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def rendered(self):
        self.browser.script("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    def expect_no_horizontal_scrolling(self, view):
        view(self)
        overflows = {}
        for width in WIDTHS:
            self.resize(width)
            self.rendered()
            if width in (320, 1600):
                self.screenshot(f"{view.__name__}-{width}")
            overflows[width] = self.browser.script(OVERFLOW)
        self.assertEqual(overflows, {width: [0, [], []] for width in WIDTHS})

    def test_on_a_phone_one_can_read_and_write(self):
        self.resize(320, 568)
        server = self.server()
        page = self.page(server, "ann")
        self.resize(320, 568)
        self.person(server, "bob").send("hello")
        page.message("hello")
        page.send("an answer from a phone")
        row = page.message("an answer from a phone")
        page.wait_for("the answer on the screen", lambda: page.find_message("an answer from a phone")["isOnScreen"])
        self.assertGreaterEqual(row["top"], 0)
        composer = page.composer.rect
        self.assertLessEqual(composer["y"] + composer["height"], 568)

    def long_log(self):
        return self.server(log=[("bob", 1_790_000_000_000 + number * 1000, f"message {number} " + "long " * (number % 7 * 40))
                                for number in range(1, 201)], cursors={"ann": 200})

    def test_the_end_of_the_list_stays_on_the_screen_when_a_phone_is_turned(self):
        page = self.page(self.long_log(), "ann")
        for width, height in [(360, 700), (700, 360), (360, 700), (1400, 800)]:
            self.resize(width, height)
            page.wait_for(f"the width {width}", lambda: page.script("return innerWidth") == width)
            for _ in range(5):
                self.rendered()
            page.wait_for("the last message on the screen", lambda: any(row["id"] == 200 for row in page.on_screen()))
            self.assertFalse(page.has("button", "Newest", prefix=True))

    def test_what_one_reads_stays_on_the_screen_when_a_phone_is_turned(self):
        page = self.page(self.long_log(), "ann")
        self.resize(360, 700)
        page.wait_for("the last message on the screen", lambda: any(row["id"] == 200 for row in page.on_screen()))
        page.scroll_to(page.script("return document.querySelector('[role=log]').scrollTop") - 2000)
        page.wait_for("older messages, all loaded", lambda: (rows := page.on_screen()) and
                      not any(row["id"] == 200 or row["busy"] for row in rows))
        first = next(row["id"] for row in page.on_screen() if row["role"] == "article")
        for width, height in [(1400, 800), (360, 700)]:
            self.resize(width, height)
            page.wait_for(f"the width {width}", lambda: page.script("return innerWidth") == width)
            for _ in range(5):
                self.rendered()
            self.assertIn(first, [row["id"] for row in page.on_screen()])

    def test_controls_are_large_enough_for_a_finger(self):
        page = views.messages(self)
        self.resize(320, 568)
        self.rendered()
        small = page.script("""return [...document.querySelectorAll("button, input, textarea")].filter((element) => {
            const box = element.getBoundingClientRect();
            return element.checkVisibility({visibilityProperty: true}) && box.width > 0 && (box.width < 24 || box.height < 24);
        }).map((element) => element.outerHTML)""")
        self.assertEqual(small, [])

    def test_on_a_phone_the_people_open_above_the_messages_and_escape_closes_them(self):
        page = self.page(self.server(), "ann")
        self.resize(320)
        self.rendered()
        self.assertFalse(page.has("aside, dialog", "People"))
        page.click("People")
        page.wait_for("bob in the list", lambda: "bob" in page.find("aside, dialog", "People").text)
        self.screenshot("people-320")
        page.press(Keys.ESCAPE)
        page.wait_for("the messages alone", lambda: not page.has("aside, dialog", "People"))


def _add_tests_of_each_view():
    for view in views.ALL:
        def test(self, view=view):
            self.expect_no_horizontal_scrolling(view)
        setattr(Layout, f"test_the_view_{view.__name__}_needs_no_horizontal_scrolling_from_320_to_1600_pixels", test)


_add_tests_of_each_view()
