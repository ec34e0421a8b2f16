"""Screen readers, the keyboard, and contrast, in each view."""
from support import accessibility, views
from support.case import BrowserTest


class Accessibility(BrowserTest):
    def names(self, page):
        return accessibility.names(self.browser)

    def test_the_messages_are_a_log_of_articles(self):
        page = views.messages(self)
        names = accessibility.names(self.browser)
        self.assertIn(("log", "Messages"), names)
        articles = [name for role, name in names if role == "article"]
        self.assertTrue(any(name.startswith("bob, ") for name in articles), articles)
        self.assertEqual(page.find("[role=log]").get_attribute("tabindex"), "0")

    def test_new_messages_are_announced(self):
        server = self.server()
        page = self.page(server, "ann")
        region = page.wait_for("a live region", lambda: page.script(
            "return document.querySelector('[role=status][aria-label=\"New messages\"], output[aria-label=\"New messages\"]')"))
        self.assertNotEqual(region.get_attribute("aria-live"), "off")
        self.person(server, "bob").send("hello")
        page.wait_for("the announcement", lambda: region.get_property("textContent").strip() == "bob: hello")

    def test_what_is_the_matter_with_the_connection_is_announced(self):
        server = self.server()
        page = self.page(server, "ann")
        region = page.find("header [role=status], header output")
        server.kill()
        page.wait_for("offline", lambda: region.text.startswith("Offline"))

    def test_the_page_names_its_language_and_its_parts(self):
        page = views.messages(self)
        self.assertEqual(page.script("return document.documentElement.lang"), "en")
        roles = [role for role, _ in accessibility.names(self.browser)]
        for role in ("banner", "main"):
            self.assertIn(role, roles)

    def test_the_focus_stays_inside_an_open_dialog(self):
        page = views.search(self)
        dialog = page.find("dialog, [role=dialog]", "Search")
        for node, _ in accessibility.tab_stops(page).items():
            resolved = self.browser.devtools("DOM.resolveNode", backendNodeId=node)["object"]["objectId"]
            inside = self.browser.devtools("Runtime.callFunctionOn", objectId=resolved, returnByValue=True,
                                           functionDeclaration="function () { return this.closest('dialog, [role=dialog]') !== null; }")
            self.assertTrue(inside["result"]["value"], accessibility.tab_stops(page)[node])
        self.assertTrue(dialog.is_displayed())


def _expect_names(self, page):
    controls = accessibility.controls(self.browser)
    self.assertTrue(controls)
    self.assertEqual([control for control in controls.values() if not control[1].strip()], [])


def _expect_tab(self, page):
    controls = accessibility.controls(self.browser)
    stops = accessibility.tab_stops(page)
    self.assertEqual([control for node, control in controls.items() if node not in stops], [], f"Tab stops: {stops}")
    self.assertEqual([description for description, is_visible in stops.values() if not is_visible], [], "focus is not visible")


def _expect_contrast(self, page):
    low = {}
    for scheme in ("light", "dark"):
        checked, low[scheme] = accessibility.low_contrasts(self.browser, scheme)
        self.screenshot(f"{self.view}-{scheme}")
        self.assertGreater(checked, 3)
    self.assertEqual(low, {"light": [], "dark": []})


def _add_tests_of_each_view():
    expectations = {"every_control_of_{}_has_a_name": _expect_names,
                    "every_control_of_{}_is_reached_by_tab_and_shows_its_focus": _expect_tab,
                    "every_text_of_{}_has_contrast_in_light_and_dark": _expect_contrast}
    for view in views.ALL:
        for name, expect in expectations.items():
            def test(self, view=view, expect=expect):
                self.view = view.__name__
                expect(self, view(self))
            setattr(Accessibility, "test_" + name.format(f"the_view_{view.__name__}"), test)


_add_tests_of_each_view()
