"""Parts of the server are killed while the page is open. Nothing is lost, and nothing comes twice."""
from support.case import BrowserTest
from support.person import Person


class Kills(BrowserTest):
    def setUp(self):
        super().setUp()
        self.started = self.server()

    def expect_both_ways(self, page, word):
        """Expects that a message arrives in each direction, and that the log holds each one once."""
        bob = self.person(self.started, "bob")
        page.send(f"from ann {word}")
        page.confirmed(f"from ann {word}")
        bob.send(f"from bob {word}")
        page.message(f"from bob {word}")
        self.assertEqual(page.texts(), [text for _, text in bob.log()])
        bob.close()

    def test_a_killed_relay_costs_one_reconnection(self):
        page = self.page(self.started, "ann")
        self.expect_both_ways(page, "before")
        relays = self.started.relays()
        self.started.kill_each(relays)
        page.wait_for("another relay", lambda: (now := self.started.relays()) and not set(now) & set(relays))
        page.wait_status("Online")
        self.expect_both_ways(page, "after")

    def test_a_killed_session_costs_one_reconnection(self):
        page = self.page(self.started, "ann")
        self.expect_both_ways(page, "before")
        sessions = self.started.sessions("ann")
        self.started.kill_each(sessions)
        page.wait_for("another session", lambda: (now := self.started.sessions("ann")) and not set(now) & set(sessions))
        page.wait_status("Online")
        self.expect_both_ways(page, "after")

    def gates(self):
        return [pid for pid in self.started.titled("belfry-gate") if pid not in self.started.relays()]

    def test_a_killed_gate_costs_nobody(self):
        page = self.page(self.started, "ann")
        self.expect_both_ways(page, "before")
        gates, sessions = self.gates(), self.started.sessions("ann")
        self.started.kill_each(gates)
        self.expect_both_ways(page, "after")
        self.assertEqual(self.started.sessions("ann"), sessions)  # it is the same connection
        page.wait_for("another gate", lambda: (now := self.gates()) and not set(now) & set(gates))
        page.reload()
        page.wait_status("Online")

    def test_a_killed_supervisor_is_replaced_without_a_loss(self):
        page = self.page(self.started, "ann")
        self.expect_both_ways(page, "before")
        self.started.kill_supervisor()
        page.send("nobody supervises")
        page.confirmed("nobody supervises")
        self.started.start()
        page.wait_status("Online")
        self.expect_both_ways(page, "after")

    def test_a_killed_server_that_starts_again_goes_on(self):
        page = self.page(self.started, "ann")
        self.expect_both_ways(page, "before")
        self.started.kill()
        page.wait_for("offline", lambda: page.status().startswith("Offline"))
        self.started.start()
        page.wait_status("Online")
        self.expect_both_ways(page, "after")

    def test_a_stopped_server_that_starts_again_goes_on(self):
        page = self.page(self.started, "ann")
        self.expect_both_ways(page, "before")
        self.assertEqual(self.started.stop(), 0)
        page.wait_for("offline", lambda: page.status().startswith("Offline"))
        self.started.start()
        page.wait_status("Online")
        self.expect_both_ways(page, "after")

    def test_every_message_is_in_the_log_once_and_in_order_whatever_is_killed(self):
        page = self.page(self.started, "ann")
        kills = [
            lambda: self.started.kill_each(page.wait_for("a relay", self.started.relays)),
            lambda: self.started.kill_each(page.wait_for("a session", lambda: self.started.sessions("ann"))),
            self.started.restart,
        ]
        sent = [f"message {number}" for number in range(18)]
        for number, text in enumerate(sent):
            page.send(text)
            if number % 3 == 1:
                kills[number // 3 % 3]()
        page.wait_for("all messages confirmed", lambda: [row["text"] for row in page.messages() if row["id"]] == sent)
        self.assertEqual(self.person(self.started, "bob").log(), [("ann", text) for text in sent])

    def test_every_message_of_others_is_shown_once_and_in_order_whatever_is_killed(self):
        page = self.page(self.started, "ann")
        sent = []
        for number in range(18):
            with Person(self.started, "bob") as bob:
                sent.append(f"message {number}")
                bob.send(sent[-1])
            if number % 6 == 1:
                self.started.kill_each(page.wait_for("a relay", self.started.relays))
            elif number % 6 == 3:
                self.started.kill_each(page.wait_for("a session", lambda: self.started.sessions("ann")))
            elif number % 6 == 5:
                self.started.restart()
        page.wait_texts(sent)
