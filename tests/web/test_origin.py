"""Pages of other sites, which must neither connect nor show this page inside themselves."""
import http.server
import threading

from support.case import BrowserTest

# Returns what becomes of a WebSocket: `open`, or `refused` if it closes before.
CONNECT = """
const [address, id] = arguments;
return new Promise((done) => {
    const socket = new WebSocket(address, "belfry.v1");
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(`LOGIN ${id}\\r\\n`);
    socket.onmessage = (event) => { done(new TextDecoder().decode(event.data).split(" ")[0]); socket.close(); };
    socket.onclose = () => done("refused");
});
"""


class Site:
    """Another web site on this machine, which serves an empty page, or one with a frame."""

    def __init__(self, page="<!doctype html><title>another site</title>"):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Origin(BrowserTest):
    def setUp(self):
        super().setUp()
        self.browser.open_window()

    def websocket_of(self, server):
        return server.address.replace("http", "ws", 1) + "ws"

    def connect_from(self, address, server):
        self.browser.driver.get(address)
        return self.browser.script(CONNECT, self.websocket_of(server), "ann")

    def test_the_page_itself_can_connect(self):
        server = self.server()
        self.assertEqual(self.connect_from(server.address, server), "WELCOME")

    def test_a_page_of_another_origin_cannot_connect(self):
        server, site = self.server(), self.enterContext(Site())
        self.assertEqual(self.connect_from(site.origin, server), "refused")
        self.assertEqual(server.sessions("ann"), [])

    def test_a_page_of_an_origin_that_is_allowed_can_connect(self):
        site = self.enterContext(Site())
        server = self.server("--web-origin", site.origin)
        self.assertEqual(self.connect_from(site.origin, server), "WELCOME")
        self.assertEqual(self.connect_from(self.enterContext(Site()).origin, server), "refused")

    def test_a_page_without_an_origin_cannot_connect(self):
        server = self.server()
        self.assertEqual(self.connect_from("data:text/html,<title>x</title>", server), "refused")

    def test_a_page_of_another_origin_cannot_read_the_page(self):
        server, site = self.server(), self.enterContext(Site())
        self.browser.driver.get(site.origin)
        self.assertEqual(self.browser.script("return fetch(arguments[0]).then(() => 'read', () => 'refused')", server.address),
                         "refused")

    def test_a_page_of_another_origin_cannot_show_the_page_in_a_frame(self):
        server = self.server()
        site = self.enterContext(Site(f"<!doctype html><title>x</title><iframe src='{server.address}'></iframe>"))
        self.browser.driver.get(site.origin)
        frame = self.browser.driver.find_element("tag name", "iframe")
        self.browser.driver.switch_to.frame(frame)
        self.assertEqual(self.browser.driver.find_elements("tag name", "form"), [])
        self.assertNotIn("Log in", self.browser.script("return document.documentElement.textContent"))
        self.browser.driver.switch_to.default_content()

    def test_another_name_cannot_be_pointed_at_the_server(self):
        server = self.server()
        self.browser.driver.get(f"http://elsewhere.localhost:{server.web_port}/")
        self.assertNotIn("Log in", self.browser.script("return document.documentElement.textContent"))
        status = self.browser.script("return performance.getEntriesByType('navigation')[0].responseStatus")
        self.assertEqual(status, 421)

    def test_localhost_is_a_name_of_the_server(self):
        server = self.server()
        self.browser.driver.get(f"http://localhost:{server.web_port}/")
        self.assertEqual(self.browser.script(CONNECT, f"ws://localhost:{server.web_port}/ws", "ann"), "WELCOME")
