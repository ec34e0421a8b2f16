"""An installed page, without a connection, and without anything from elsewhere."""
import json

from support.case import BrowserTest


class Install(BrowserTest):
    def test_it_can_be_installed(self):
        page = self.page(self.server(), "ann")
        page.script("return navigator.serviceWorker.ready.then(() => true)")
        self.assertEqual(self.browser.devtools("Page.getInstallabilityErrors")["installabilityErrors"], [])

    def test_its_manifest_names_it_and_its_icons(self):
        server = self.server()
        self.page(server)
        answer = self.browser.devtools("Page.getAppManifest")
        self.assertEqual(answer["errors"], [])
        manifest = json.loads(answer["data"])
        self.assertEqual(manifest["name"], "Belfry")
        self.assertIn(manifest["display"], ("standalone", "minimal-ui"))
        self.assertTrue(manifest["icons"])
        for icon in manifest["icons"]:
            loaded = self.browser.script("""return fetch(arguments[0]).then(async (answer) =>
                [answer.status, answer.headers.get("content-type")])""", icon["src"])
            self.assertEqual(loaded[0], 200, icon)
            self.assertTrue(loaded[1].startswith("image/"), loaded)

    def test_its_shell_opens_without_the_server(self):
        server = self.server()
        page = self.page(server, "ann")
        page.send("hello")
        page.message("hello")
        page.script("return navigator.serviceWorker.ready.then(() => true)")
        server.kill()
        page.reload()
        page.wait_for("the page, offline", lambda: page.status().startswith("Offline"))
        self.assertTrue(page.composer.is_displayed())
        self.screenshot("shell-offline")
        server.start()
        page.wait_status("Online")
        page.message("hello")

    def test_its_login_opens_without_the_server(self):
        server = self.server()
        page = self.page(server)
        page.script("return navigator.serviceWorker.ready.then(() => true)")
        server.kill()
        page.reload()
        page.field("Name")

    def test_everything_comes_from_the_server_itself(self):
        server = self.server()
        page = self.page(server, "ann")
        page.click("Search")
        page.press("\ue00c")
        page.click("Look inside")
        page.wait_for("the view", lambda: page.has("table"))
        loaded = page.script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        self.assertTrue(loaded)
        self.assertEqual([name for name in loaded if not name.startswith((server.address, "data:"))], [])

    def test_the_browser_has_nothing_to_complain_about(self):
        server = self.server()
        self.browser.driver.get_log("browser")
        page = self.page(server, "ann")
        page.send("hello")
        page.message("hello")
        page.click("Look inside")
        page.click("Back to messages")
        self.assertEqual([entry for entry in self.browser.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")], [])

    def test_after_a_restart_the_page_of_the_same_program_is_not_loaded_again(self):
        server = self.server()
        page = self.page(server, "ann")
        page.reload()
        page.wait_status("Online")
        sizes = page.script("""return performance.getEntriesByType("resource").filter((entry) =>
            /\\.(js|css)$/.test(entry.name) && !entry.name.endsWith("service-worker.js")).map((entry) => [entry.name, entry.transferSize])""")
        self.assertTrue(sizes)
        self.assertEqual([entry for entry in sizes if entry[1] > 0], [])
