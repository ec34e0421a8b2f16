"""What is measured of the page in Chromium."""
from processors import descendants, is_renderer, seconds_of
from report import Figure
from senders import PAYLOAD, Senders
from support.browser import Browser
from support.page import Page
from support.server import Server

SENDERS = [f"sender{number}" for number in range(10)]

# Measures from the click on "Log in" to the frame in which a message is in the document.
WATCH = """
window.isShown = (id) => document.querySelector(`[role=article][aria-posinset="${id}"]`) !== null;
window.shown = (id, since) => new Promise((resolve) => {
    const look = () => isShown(id) ? resolve(performance.now() - since) : requestAnimationFrame(look);
    look();
});
window.clicked = new Promise((resolve) => addEventListener("click", (event) => {
    if (event.target.closest("button")) resolve(event.timeStamp);
}, true));
"""


def when_shown(browser, message_id):
    """Waits until a message is in the document. Returns how many milliseconds after the click that was."""
    return browser.driver.execute_async_script(
        "const [id, done] = arguments; clicked.then((since) => shown(id, since)).then(done);", message_id)


def check_text(page, message_id):
    shown = page.element_of(message_id).text
    assert PAYLOAD.decode().strip() in shown, f"message {message_id} is {shown!r}"


def measure_backlog(options, browser, report):
    """The time until a client that has never been there sees the newest of all messages."""
    messages = 1_000 if options.quick else 100_000
    readers = [f"reader{number}" for number in range(options.rounds)]
    times, seconds = [], {"Belfry": [], "whole browser": []}
    with Server(clients=",".join([*SENDERS, *readers])) as server:
        with Senders(server.port, SENDERS) as senders:
            senders.send(messages, at_once=10)
        for reader in readers:
            page = Page(browser, server.address, before=WATCH)
            meter = Meter(browser)
            page.try_to_log_in(reader)
            times.append(when_shown(browser, messages))
            meter.add_to(seconds)
            check_text(page, messages)
            page.wait_status("Online")
            browser.close_windows()
    what = f"{messages:,} messages of backlog, from the click on the login to the newest on the screen"
    settings = {"messages": messages}
    report.add(Figure("backlog", what, " ms", {"Belfry": times}, "at most 3,000 ms", settings))
    milliseconds = {name: [1000 * value for value in values] for name, values in seconds.items()}
    report.add(Figure("backlog-cpu", "the same, processor time of the page (its renderer)", " ms", milliseconds, "", settings))


def measure_stream(options, browser, report):
    """The processor time of the browser while a client receives messages."""
    rate, duration = 1_000, 2 if options.quick else 20
    seconds = {"Belfry": [], "whole browser": []}
    with Server(clients=",".join([*SENDERS, "reader"])) as server:
        page = Page(browser, server.address).log_in("reader")
        with Senders(server.port, SENDERS) as senders:
            for _ in range(options.rounds):
                meter = Meter(browser)
                senders.send_at(rate, duration, at_once=10)
                meter.add_to(seconds)
                check_text(page, senders.confirmed())
        browser.close_windows()
    shares = {name: [value / duration for value in values] for name, values in seconds.items()}
    report.add(Figure("stream", f"{rate:,} messages a second for {duration} s, processors that the page uses (its renderer)",
                      "", shares, "at most 0.5", {"messages a second": rate, "seconds": duration}))


class Meter:
    """Measures the processor time of renderers, and of all processes of the browser, from now on."""

    def __init__(self, browser):
        everyone = descendants(browser.driver.service.process.pid)
        self.groups = [[pid for pid in everyone if is_renderer(pid)], everyone]
        self.begin = [seconds_of(group) for group in self.groups]

    def add_to(self, seconds):
        """Appends what each group has used to the lists of `seconds`, which are in the same order."""
        for used, group, begin in zip(seconds.values(), self.groups, self.begin):
            used.append(seconds_of(group) - begin)


MEASURES = {"backlog": measure_backlog, "stream": measure_stream}


def measure(options, parts, report):
    """Returns whether all parts were measured."""
    browser = Browser()
    failed = []
    try:
        for part in parts:
            try:
                MEASURES[part](options, browser, report)
            except Exception as error:  # whatever it is, the other figures are worth having
                report.remark(f"not valid, {part}: {error}")
                failed.append(part)
    finally:
        browser.quit()
    return not failed
