"""A real belfryd with a web port, in its own directory."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from .waiting import wait_for

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("BELFRY_BIN", ROOT / "build/bin"))


def processes_of(sessions):
    """Returns {pid: title} of the processes of these sessions, without those that have ended."""
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(its_session) in sessions and state not in "ZX":
                found[int(stat.parent.name)] = (stat.parent / "cmdline").read_bytes().partition(b"\0")[0].decode()
        except OSError:
            pass  # it ended while we looked
    return found


def export_of(messages, cursors):
    """Returns an export, which `belfryctl import` takes, of messages (sender, Unix time in ms, text) and of cursors by client."""
    seqs, lines = {}, []
    for number, (sender, ms, text) in enumerate(messages, 1):
        seqs[sender] = seqs.get(sender, 0) + 1
        lines.append({"id": number, "from": sender, "time": ms, "seq": seqs[sender], "text": text})
    clients = [{"id": name, "cursor": cursors.get(name, 0), "seq": seqs.get(name, 0)} for name in {**seqs, **cursors}]
    head = {"format": 1, "epoch": "0123456789abcdef", "first_id": 1, "last_id": len(messages), "durability": "commit",
            "clean": True, "clients": clients}
    return "".join(json.dumps(line) + "\n" for line in [head, *lines])


class Server:
    """Starts belfryd on free ports. A killed server is started again on the same ports and data directory.

    Use it in a `with` statement: at its end no process, segment or file is left. `log` are messages that are in the store
    before the first start, as (sender, Unix time in ms, text), and `cursors` says how far clients have read them.
    """

    def __init__(self, *options, clients="ann,bob,cat", log=(), cursors=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-web-", dir=os.environ.get("BELFRY_TEST_ROOT")))
        self.options = ["-client_ids", clients, *options] if clients else list(options)
        self.port = self.web_port = 0
        self.address = None
        self.daemon = None
        self.leaders = []  # process sessions that may still have processes
        self.creators = []  # processes that may have made a segment
        try:
            if log:
                self.belfryctl("import", "-", text=export_of(log, cursors or {}))
            self.start()
        except BaseException:
            self.remove()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    @property
    def data(self):
        return self.folder / "data"

    def start(self):
        with open(self.folder / "out", "wb") as out, open(self.folder / "err", "ab") as err:
            self.daemon = subprocess.Popen(
                [BIN / "belfryd", *self.options, "-port", str(self.port), "--web-port", str(self.web_port),
                 "--data-dir", self.data],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        self.leaders.append(self.daemon.pid)
        self.creators.append(self.daemon.pid)
        wait_for("belfryd is ready", self._has_said_where_it_listens, evidence=self.errors)

    def _has_said_where_it_listens(self):
        out = (self.folder / "out").read_text()
        if self.daemon.poll() is not None:
            raise AssertionError(f"belfryd ended with status {self.daemon.returncode}: {out}{self.errors()}")
        if not (ready := re.search(r"^belfryd listening on 127\.0\.0\.1:(\d+)\n", out, re.M)):
            return False
        web = re.search(r"^belfryd web on (https?://127\.0\.0\.1:(\d+)/)\n", out, re.M)
        assert web, f"no line names the address of the web port: {out}"
        self.port, self.address, self.web_port = int(ready[1]), web[1], int(web[2])
        return True

    def errors(self):
        return (self.folder / "err").read_text()

    def processes(self):
        return processes_of(self.leaders)

    def titled(self, beginning):
        return [pid for pid, title in self.processes().items() if title.startswith(beginning)]

    def relays(self):
        return self.titled("belfry-gate: web for")

    def sessions(self, client=""):
        return self.titled(f"belfryd: client {client}")

    def kill_each(self, pids):
        """Kills processes of this server, of which there must be at least one."""
        assert pids, f"nothing to kill: {self.processes()}"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def kill_supervisor(self):
        """Kills belfryd itself. Its children go on, and `start()` makes one that adopts them."""
        self.daemon.kill()
        self.daemon.wait()

    def kill(self):
        """Kills every process of the server. Its segment stays."""
        if self.daemon:
            self.kill_supervisor()  # first, because it would start others again

        def none_is_left():
            for pid in (left := self.processes()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return not left
        wait_for("all processes of the server have ended", none_is_left)
        self.leaders = []  # because their pids may be used again

    def restart(self):
        self.kill()
        self.start()

    def stop(self):
        """Stops the server as an operator does, and returns its exit status."""
        self.daemon.terminate()
        return self.daemon.wait(30)

    def belfryctl(self, *arguments, text=None):
        ended = subprocess.run([BIN / "belfryctl", "--data-dir", self.data, *arguments], input=text, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
        assert ended.returncode == 0, f"belfryctl {arguments}: {ended.stderr}"
        return ended.stdout

    def remove(self):
        self.kill()
        for segment in self._segments():
            subprocess.run(["ipcrm", "-m", segment], check=True)
        shutil.rmtree(self.folder)

    def _segments(self):
        """Returns the ids of the segments that this server has made."""
        rows = [line.split() for line in pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()]
        creator, shmid = rows[0].index("cpid"), rows[0].index("shmid")
        return [row[shmid] for row in rows[1:] if int(row[creator]) in self.creators]
