"""The page as people see it: its controls are found by their role and name, its state is read from the screen."""
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Keys

from .waiting import wait_for

# Returns the visible elements that a selector finds, whose accessible name is the given one (or begins with it).
FIND = """
const [selector, name, isPrefix] = arguments;
const textOf = (element) => element.innerText.trim();
const nameOf = (element) => {
    const ids = element.getAttribute("aria-labelledby");
    if (ids) return ids.split(/\\s+/).map((id) => document.getElementById(id).textContent.trim()).join(" ");
    if (element.hasAttribute("aria-label")) return element.getAttribute("aria-label");
    if (element.labels?.length) return element.labels[0].textContent.trim();
    return textOf(element) || element.title;
};
return [...document.querySelectorAll(selector)].filter((element) =>
    element.checkVisibility({visibilityProperty: true}) && element.getClientRects().length > 0 &&
    (name === null || (isPrefix ? nameOf(element).startsWith(name) : nameOf(element) === name)));
"""

# Returns the rows of the list of messages that are in the document, in their order on the screen.
ROWS = """
const log = document.querySelector("[role=log]");
if (!log) return [];
const frame = log.getBoundingClientRect();
return [...log.querySelectorAll("[role=article], article, [role=separator], [role=note], [aria-busy=true]")].map((row) => {
    const box = row.getBoundingClientRect();
    const role = row.getAttribute("role") ?? (row.matches("article") ? "article" : "");
    const text = row.querySelector(".text");
    return {
        role, id: Number(row.getAttribute("aria-posinset")), name: row.getAttribute("aria-label") ?? "",
        text: role === "article" && text ? text.innerText : row.innerText.trim(), top: box.top, bottom: box.bottom,
        sender: row.querySelector(".sender")?.innerText ?? "", time: row.querySelector("time")?.innerText ?? "",
        status: row.querySelector(".status")?.innerText ?? "", classes: [...row.classList],
        busy: row.getAttribute("aria-busy") === "true",
        isOnScreen: box.height > 0 && box.top < frame.bottom - 0.5 && box.bottom > frame.top + 0.5,
    };
}).sort((a, b) => a.top - b.top);
"""

BUTTON = "button, [role=button]"
FIELD = "input, textarea, [role=searchbox], [role=textbox]"
LIST = "[role=log]"


class Page:
    """The page in a window of its own. `before` is a script that observes it, and runs before any script of the page."""

    def __init__(self, browser, address, before=None):
        self.browser, self.address = browser, address
        self.window = browser.open_window()
        if before:
            browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=before)
        self.load()

    def load(self):
        self.browser.driver.get(self.address)

    def reload(self):
        self.browser.driver.refresh()

    def show(self):
        """Makes this window the visible one."""
        self.browser.show(self.window)

    def hide(self):
        """Shows another window, so that this one is hidden."""
        self.browser.open_window()

    def script(self, text, *arguments):
        return self.browser.script(text, *arguments)

    # What is on the screen

    def text(self):
        return self.script("return document.body.innerText")

    def read(self, selector):
        """The texts of visible elements, as they are read aloud: without what is hidden from screen readers."""
        return self.script("""return [...document.querySelectorAll(arguments[0])].filter((element) =>
            element.checkVisibility({visibilityProperty: true})).map((element) => {
                const copy = element.cloneNode(true);
                for (const hidden of copy.querySelectorAll("[aria-hidden=true]")) hidden.remove();
                return copy.textContent.replace(/\\s+/g, " ").trim();
            });""", selector)

    def title(self):
        """The title of the window, which stays hidden if it is."""
        return self.browser.title_of(self.window)

    def wait_title(self, title):
        wait_for(f"title {title!r}", lambda: self.title() == title, evidence=self.title)

    def wait_for(self, what, condition):
        def holds():
            try:
                return condition()
            except StaleElementReferenceException:  # the page has just replaced it
                return False
        return wait_for(what, holds)

    def find_all(self, selector, name=None, prefix=False):
        return self.script(FIND, selector, name, prefix)

    def find(self, selector, name=None, prefix=False):
        """Waits for the one visible element with this name."""
        return self.wait_for(f"{selector} named {name!r}", lambda: self.find_all(selector, name, prefix))[0]

    def has(self, selector, name=None, prefix=False):
        return bool(self.find_all(selector, name, prefix))

    def button(self, name, prefix=False):
        return self.find(BUTTON, name, prefix)

    def click(self, name, prefix=False):
        # The page may replace the button between the search and the click.
        self.wait_for(f"a click on {name!r}", lambda: self.button(name, prefix).click() is None)

    def field(self, name):
        return self.find(FIELD, name)

    def status(self):
        """The state of the connection, in the header."""
        for text in self.script("return [...document.querySelectorAll('header [role=status], header output')].map((e) => e.innerText.trim())"):
            if text.startswith(("Online", "Offline", "Connecting")):
                return text
        return ""

    def wait_status(self, text):
        self.wait_for(f"status {text!r}", lambda: self.status() == text)

    def alert(self):
        """The text of the alert on the screen, or nothing."""
        return " ".join(self.read("[role=alert]")).strip()

    def wait_alert(self, text):
        self.wait_for(f"alert {text!r}", lambda: self.alert() == text)

    def is_at_login(self):
        return self.has(FIELD, "Name")

    # Log in

    def log_in(self, name, secret="", stay=False):
        self.try_to_log_in(name, secret, stay)
        self.wait_status("Online")
        return self

    def try_to_log_in(self, name, secret="", stay=False):
        field = self.field("Name")
        field.clear()
        field.send_keys(name)
        self.field("Secret").clear()
        self.field("Secret").send_keys(secret)
        if stay:
            self.field("Stay logged in").click()
        self.click("Log in")

    # Messages

    def rows(self):
        return self.script(ROWS)

    def messages(self):
        """Messages in the document, in their order on the screen."""
        return [row for row in self.rows() if row["role"] == "article" and not row["busy"]]

    def on_screen(self):
        return [row for row in self.rows() if row["isOnScreen"]]

    def texts(self):
        return [row["text"] for row in self.messages()]

    def message(self, text):
        """Waits for a message with this text, and returns it."""
        return self.wait_for(f"message {text!r}", lambda: self.find_message(text))

    def confirmed(self, text):
        """Waits for an own message that the server has confirmed, and returns it."""
        return self.wait_for(f"confirmed message {text!r}", lambda: next(
            (row for row in self.messages() if row["text"] == text and row["id"] > 0), None))

    def find_message(self, text):
        return next((row for row in self.messages() if row["text"] == text), None)

    def wait_texts(self, texts):
        self.wait_for(f"messages {texts!r}", lambda: self.texts() == texts)

    def wait_row(self, role, text):
        return self.wait_for(f"{role} {text!r}", lambda: next(
            (row for row in self.rows() if row["role"] == role and row["text"] == text), None))

    def element_of(self, message_id):
        return self.find(f"[aria-posinset='{message_id}']")

    def scroll_to(self, top):
        """Scrolls the list of messages: 0 is its beginning."""
        self.script(f"document.querySelector('{LIST}').scrollTop = arguments[0]", top)

    def scroll_to_end(self):
        self.script(f"const list = document.querySelector('{LIST}'); list.scrollTop = list.scrollHeight")

    def wheel(self, pixels):
        """Turns the mouse's wheel above the list, downwards if `pixels` is above 0."""
        box = self.find(LIST).rect
        self.browser.devtools("Input.dispatchMouseEvent", type="mouseWheel", deltaX=0, deltaY=pixels,
                              x=box["x"] + box["width"] / 2, y=box["y"] + box["height"] / 2)

    # Write

    @property
    def composer(self):
        return self.field("Message")

    def send(self, text):
        """Types a text, with line breaks as a person makes them, and sends it."""
        self.write(text)
        self.composer.send_keys(Keys.ENTER)

    def write(self, text):
        lines = text.split("\n")
        self.composer.send_keys(lines[0])
        for line in lines[1:]:
            self.composer.send_keys(Keys.SHIFT + Keys.ENTER + Keys.NULL + line)

    def paste(self, text):
        """Puts a text into the focused field at once."""
        self.composer.click()
        self.browser.devtools("Input.insertText", text=text)

    def draft(self):
        return self.composer.get_property("value")

    def press(self, *keys, control=False):
        actions = ActionChains(self.browser.driver)
        if control:
            actions.key_down(Keys.CONTROL)
        actions.send_keys(*keys)
        if control:
            actions.key_up(Keys.CONTROL)
        actions.perform()

    def focused(self):
        return self.browser.driver.switch_to.active_element
