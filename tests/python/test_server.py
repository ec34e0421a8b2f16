"""Both clients with a real belfryd: all that it offers, TLS, secrets, and two hundred kills."""

import itertools
import pathlib
import random
import tempfile
import threading
import time
import unittest

import belfry
from adapters import OnLoop, Threaded
from support import DEADLINE, QUICK, RawClient, Server, kill, make_certificate, until

KILLS = 200
MAKERS = (Threaded, OnLoop)


class ARealServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(",".join(f"{name}{number}" for name in ("ann", "bob") for number in range(20)))
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)
        cls.numbers = iter(range(20))

    def test_two_clients_talk(self):
        for make in MAKERS:
            number = next(self.numbers)
            ann, bob = f"ann{number}", f"bob{number}"
            presence = []
            with make(ann, self.server.url, presence=True, on_presence=presence.append) as first:
                until(lambda: first.state == "online")
                with make(bob, self.server.url) as second:
                    receipt = first.send("hello \N{BELL}")
                    self.assertEqual(receipt.seq, 1)
                    self.assertEqual(first.send(b"\r\n\0").id, receipt.id + 1)
                    *_, message = self.before(receipt.id + 1, second)
                    self.assertEqual((message.sender, message.id, message.text), (ann, receipt.id, "hello \N{BELL}"))
                    history = first.history(receipt.id, 2)
                    self.assertEqual([message.payload for message in history.messages][1], b"\r\n\0")
                    self.assertEqual((history.first, history.last), (receipt.id, receipt.id + 1))
                    users = {user.id: user.online for user in first.who()}
                    self.assertEqual((users[ann], users[bob], users["ann19"]), (True, True, False))
                    *_, own = self.before(receipt.id + 1, first)
                    self.assertEqual(own, belfry.Sent(receipt.id, 1))
                    until(lambda: belfry.Presence(bob, True) in presence)
                until(lambda: belfry.Presence(bob, False) in presence)

    @staticmethod
    def before(id, client):
        """Returns the events before the one with this id."""
        events = (event for event in client if isinstance(event, (belfry.Message, belfry.Sent)))
        return itertools.takewhile(lambda event: event.id < id, events)

    def test_what_was_taken_does_not_come_again_in_the_next_run(self):
        for make in MAKERS:
            name = f"bob{next(self.numbers)}"
            with RawClient(self.server.port, "ann19") as other, make(name, self.server.url) as client:
                other.send(time.time_ns(), name.encode())
                for event in client:
                    if isinstance(event, belfry.Message) and event.text == name:
                        client.ack(event.id)
                        break
                last = event.id
            with make(name, self.server.url) as client:
                self.assertEqual(client.receive(DEADLINE), belfry.Live(last))

    def test_a_message_with_a_seq_is_in_the_log_once(self):
        for make in MAKERS:
            name = f"ann{next(self.numbers)}"
            seq = time.time_ns()
            with make(name, self.server.url) as client:
                first = client.send("a", seq=seq)
                self.assertEqual(first.seq, seq)
            with make(name, self.server.url) as client:
                self.assertIn(client.send("a", seq=seq), [belfry.Receipt(seq, None), first])  # DUP, or SENT again
                self.assertEqual(client.send("b").seq, seq + 1)
                with self.assertRaises(ValueError):
                    client.send("c", seq=0)
                with self.assertRaisesRegex(belfry.BelfryError, "^bad-seq"):
                    client.send("c", seq=seq)

    def test_what_the_server_refuses_is_an_error(self):
        for make in MAKERS:
            with make("stranger", self.server.url) as client:
                with self.assertRaisesRegex(belfry.BelfryError, "^unknown-client"):
                    client.receive(DEADLINE)
            name = f"ann{next(self.numbers)}"
            with make(name, self.server.url) as client:
                with self.assertRaisesRegex(belfry.BelfryError, "^too-large"):
                    client.send(bytes(65537))
                self.assertEqual(client.send(bytes(65536)).seq, 1)
                with make(name, self.server.url):
                    with self.assertRaisesRegex(belfry.BelfryError, "^taken-over"):
                        for _ in client:
                            pass


class Tls(unittest.TestCase):
    def test_a_server_is_verified_and_gets_the_secret(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            make_certificate(folder)
            clients = folder / "clients"
            clients.touch(0o600)
            options = ["--clients", clients, "--tls-port", "0", "--tls-cert", folder / "cert.pem", "--tls-key", folder / "key.pem"]
            with Server("", options) as server:
                secret = server.ctl("client", "add", "ann").stdout.split()[-1]
                ca = str(folder / "ca.pem")
                for make in MAKERS:
                    with self.subTest(make=make):
                        self.check(make, server, secret, ca)

    def check(self, make, server, secret, ca):
        with make("ann", server.tls_url, secret, ca=ca) as client:
            payloads = [bytes([number % 251]) * number for number in range(0, 60000, 3001)]
            receipts = [client.settled(payload) for payload in payloads]
            ids = [receipt.result(DEADLINE).id for receipt in receipts]
            found = client.history(ids[0], len(ids)).messages
            self.assertEqual([message.payload for message in found], payloads)
        refusals = [
            ("login-refused", server.tls_url, {"secret": "wrong", "ca": ca}),
            ("bad-certificate", server.tls_url, {"secret": secret}),
            ("bad-certificate", server.tls_url.replace("localhost", "127.0.0.1"), {"secret": secret, "ca": ca}),
        ]
        for code, url, options in refusals:
            with make("ann", url, **options) as client:
                with self.assertRaisesRegex(belfry.BelfryError, f"^{code}"):
                    client.receive(DEADLINE)
        with make("ann", server.url, secret) as client:  # to this machine without TLS
            self.assertEqual(client.receive(DEADLINE)._fields[0], "id")


class Talker:
    """A client under test. It sends numbered messages, and records all that it sees."""

    def __init__(self, make, name, url):
        self.name = name
        self.client = make(name, url, **QUICK)
        self.events, self.receipts = [], []
        self.is_stopping = threading.Event()
        self.failure = None
        self.threads = [threading.Thread(target=self.guard, args=(work,)) for work in (self.send, self.receive)]
        for thread in self.threads:
            thread.start()

    def guard(self, work):
        try:
            work()
        except BaseException as error:
            self.failure = error

    def send(self):
        waiting = []
        for number in itertools.count(1):
            if self.is_stopping.is_set():
                break
            waiting.append(self.client.settled(f"{self.name} {number}"))
            if number % 20 == 0:
                self.receipts += [answer.result(DEADLINE) for answer in waiting]
                waiting.clear()
                time.sleep(0.005)
        self.receipts += [answer.result(DEADLINE) for answer in waiting]

    def receive(self):
        for event in self.client:
            self.events.append(event)

    def messages(self):
        return [event for event in self.events if isinstance(event, belfry.Message)]

    def last_id(self):
        ids = [event.id for event in self.events[-10:] if not isinstance(event, (belfry.Gap, belfry.Live))]
        return max(ids, default=0)


class Chaos(unittest.TestCase):
    """Sessions, archivers and supervisors are killed. A client that shares no code with the module judges the log."""

    def test_nothing_is_lost_or_doubled_over_200_kills(self):
        seed = random.randrange(1 << 32)
        print(f"Chaos: seed {seed}")
        with Server() as server:
            makers = {"ann": Threaded, "bob": Threaded, "cid": OnLoop, "dan": OnLoop}
            talkers = [Talker(make, name, server.url) for name, make in makers.items()]
            try:
                self.kill_at_random(server, random.Random(seed))
                self.finish(server, talkers)
            finally:
                for talker in talkers:
                    talker.is_stopping.set()
                    talker.client.close()
                for talker in talkers:
                    for thread in talker.threads:
                        thread.join()
            self.judge(server, talkers)

    def kill_at_random(self, server, dice):
        kills = 0
        while kills < KILLS:
            status = server.status()
            sessions = [client["pid"] for client in status["clients"] if client["pid"]]
            roll = dice.random()
            if roll < 0.05:
                server.kill_supervisor()
                server.start()
            elif roll < 0.2 and status["processes"]["archiver"]:
                kill(status["processes"]["archiver"])
            elif sessions:
                kill(dice.choice(sessions))
            else:
                continue
            kills += 1

    def finish(self, server, talkers):
        for talker in talkers:
            talker.is_stopping.set()
        for talker in talkers:
            talker.threads[0].join(DEADLINE)
            self.assertFalse(talker.threads[0].is_alive(), "a message has no answer")
            self.assertIsNone(talker.failure)
        last = server.status()["log"]["last_id"]
        for talker in talkers:
            until(lambda: talker.last_id() >= last, f"{talker.name}'s last event")

    def judge(self, server, talkers):
        with RawClient(server.port) as oracle:
            log = oracle.log()
        for talker in talkers:
            self.assertIsNone(talker.failure)
            own = [(id, payload.decode()) for id, sender, payload in log if sender == talker.name]
            self.assertEqual([text for _, text in own], [f"{talker.name} {number}" for number in range(1, len(own) + 1)])
            self.assertEqual(len(talker.receipts), len(own))
            self.assertEqual([receipt.id or id for receipt, (id, _) in zip(talker.receipts, own)], [id for id, _ in own])
            others = [(id, sender, payload) for id, sender, payload in log if sender != talker.name]
            self.assertEqual([(event.id, event.sender, event.payload) for event in talker.messages()], others)
            sent = [event.id for event in talker.events if isinstance(event, belfry.Sent)]
            self.assertEqual(sent, [id for id, _ in own])
        print(f"Chaos: {len(log)} messages, {KILLS} kills")


if __name__ == "__main__":
    unittest.main()
