"""What the tests share: real servers, servers that are played by a test, and a client that shares no code with belfry.py."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("BELFRY_BIN", ROOT / "build" / "bin"))
DEADLINE = 30.0

QUICK = {"backoff": (0.01, 0.1)}  # options of clients that shall come back soon


def until(condition, what="it", within=DEADLINE):
    """Waits until condition() is true, and returns its value."""
    due = time.monotonic() + within
    while time.monotonic() < due:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"{what} has not happened in time")


class Server:
    """A real belfryd in a folder of its own. Leaves nothing behind."""

    def __init__(self, ids="ann,bob,cid,dan,judge", options=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-python-"))
        self.data = self.folder / "data"
        self.options = ["--client-ids", ids, *options] if ids else list(options)
        self.port = 0
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        command = [BIN / "belfryd", "--data-dir", self.data, "--port", str(self.port), *self.options]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("belfryd listening on"):
                break
        else:
            self.process.wait()
            self.process.stdout.close()
            raise AssertionError("belfryd has not started: " + (self.folder / "log").read_text())
        self.port = int(line.rsplit(":", 1)[1])
        self.segment = str(self.status()["segment"]["shmid"])

    @property
    def url(self):
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def tls_url(self):
        (line,) = [line for line in self.lines if line.startswith("belfryd tls on")]
        return f"tls://localhost:{line.rsplit(':', 1)[1].strip()}"

    def ctl(self, *arguments):
        return subprocess.run(
            [BIN / "belfryctl", "--data-dir", self.data, *arguments], capture_output=True, text=True, timeout=DEADLINE
        )

    def status(self):
        return json.loads(self.ctl("status", "--json").stdout)

    def pid_of(self, client):
        return next(entry["pid"] for entry in self.status()["clients"] if entry["id"] == client)

    def kill_supervisor(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.ctl("stop")
        self.ctl("remove")
        shutil.rmtree(self.folder)
        left = subprocess.run(["ipcs", "-m"], capture_output=True, text=True).stdout.split()
        assert self.segment not in left, "a segment is left behind"


def kill(pid):
    """Kills a process, unless it has ended; 0 is none."""
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class RawClient:
    """Speaks the protocol by hand, as the oracle of the tests. It takes all events without acknowledging them."""

    def __init__(self, port, name="judge"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self.file = self.socket.makefile("rb")
        self.socket.sendall(f"LOGIN {name} ack=manual\r\n".encode())
        assert self.line().startswith("WELCOME"), "the login has failed"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def line(self):
        line = self.file.readline()
        assert line.endswith(b"\r\n"), line
        return line[:-2].decode()

    def send(self, seq, payload):
        self.socket.sendall(b"SEND %d %d\r\n%b\r\n" % (seq, len(payload), payload))
        while not self.line().startswith(f"SENT {seq} "):
            pass

    def log(self):
        """Returns all messages of the log as (id, sender, payload), and checks that none is missing."""
        messages = []
        while True:
            verb, *fields = self.line().split(" ")
            if verb == "LIVE":
                assert [message[0] for message in messages] == list(range(1, len(messages) + 1))
                return messages
            assert verb == "MSG", verb
            messages.append((int(fields[0]), fields[1], self.file.read(int(fields[3]))))
            assert self.file.read(2) == b"\r\n"


WELCOME = b"WELCOME ann epoch=a cursor=0 last=0 seq=0 max-payload=65536 server=test/1\r\n"


class PlayedServer:
    """Accepts connections that a test answers by hand."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(DEADLINE)
        self.url = f"tcp://127.0.0.1:{self.socket.getsockname()[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def accept(self, answer=b""):
        """Accepts a connection, and reads its login."""
        link = PlayedConnection(self.socket.accept()[0])
        link.login = link.line()
        link.write(answer)
        return link


class PlayedConnection:
    def __init__(self, link):
        self.socket = link
        self.socket.settimeout(DEADLINE)
        self.file = link.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def line(self):
        return self.file.readline()

    def command(self):
        """Returns the next line, with its payload if it is a SEND, without ACK and PING."""
        while True:
            line = self.line()
            if line.startswith(b"SEND"):
                size = int(line.split()[2])
                return line[:-2] + b" " + self.file.read(size + 2)[:-2]
            if not line.startswith((b"ACK", b"PING")):
                return line[:-2] if line else line

    def write(self, data):
        self.socket.sendall(data)


def make_certificate(folder, name="localhost"):
    """Makes an authority, ca.pem, and a certificate that it has signed: cert.pem and key.pem."""

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=folder)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-days", "30", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *key, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", "key.pem", "-out", "request")
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "1", "-days", "30", "-copy_extensions", "copy"]
    openssl("x509", "-req", "-in", "request", *signed, "-out", "cert.pem")
    os.chmod(folder / "key.pem", 0o600)


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def python(*arguments, **options):
    """Starts a Python program that finds the module, and that fails on a leak."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", *map(str, arguments)], env=environment, **options
    )
