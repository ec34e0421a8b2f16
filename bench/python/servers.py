"""The servers that the clients of the benchmarks talk to, senders of many messages, and how such a client is run."""

import contextlib
import os
import pathlib
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAYLOAD = b"x" * 64


@contextlib.contextmanager
def belfry_server(folder):
    data = folder / "belfry"
    bin = pathlib.Path(os.environ.get("BELFRY_BIN", ROOT / "build" / "bin"))
    secrets = {name: new_secret(bin, folder, name) for name in ("ann", "bob", "raw")}
    command = [bin / "belfryd", "--clients", folder / "clients", "--port", "0", "--data-dir", data, "--durability", "memory"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            port = int(server.stdout.readline().rsplit(":", 1)[1])
            yield port, secrets
        finally:
            server.terminate()
            server.wait()
            subprocess.run([bin / "belfryctl", "--data-dir", data, "stop"], capture_output=True)


def new_secret(bin, folder, name):
    command = [bin / "belfryctl", "client", "add", name, "--clients", folder / "clients"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]


@contextlib.contextmanager
def redis_server(folder):
    options = ["--save", "", "--client-output-buffer-limit", "pubsub 0 0 0", "--dir", folder]
    with running(lambda port: ["redis-server", "--bind", "127.0.0.1", "--port", port, *options]) as port:
        yield port


@contextlib.contextmanager
def nats_server(folder):
    config = folder / "nats.conf"
    config.write_text('write_deadline: "60s"\nmax_pending: 4294967296\n')  # no slow client is dropped
    with running(lambda port: ["nats-server", "-c", config, "-a", "127.0.0.1", "-p", port]) as port:
        yield port


@contextlib.contextmanager
def running(command):
    """Runs a server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(command(str(port)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until_open(port)
            yield port
        finally:
            server.terminate()


def until_open(port):
    for _ in range(1000):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port)).close()
        time.sleep(0.01)
    raise SystemExit(f"no server has started on port {port}")


def blast_belfry(port, secret, count):
    """Sends messages as fast as the server takes them, and reads none of the answers before the end."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(f"LOGIN raw secret={secret}\r\n".encode())
        link.recv(4096)
        sends = b"".join(b"SEND %d 64\r\n%b\r\n" % (seq, PAYLOAD) for seq in range(1, count + 1))
        blast(link, sends + b"QUIT\r\n")


def blast_redis(port, count):
    with socket.create_connection(("127.0.0.1", port)) as link:
        publish = b"*3\r\n$7\r\nPUBLISH\r\n$3\r\nlog\r\n$64\r\n%b\r\n" % PAYLOAD
        blast(link, publish * count + b"*1\r\n$4\r\nQUIT\r\n")


def blast_nats(port, count):
    """Publishes, and returns when the server has read everything."""
    with socket.create_connection(("127.0.0.1", port)) as link, link.makefile("rb") as answers:
        link.sendall(b'CONNECT {"verbose":false}\r\n' + (b"PUB log 64\r\n%b\r\n" % PAYLOAD) * count + b"PING\r\n")
        while answers.readline() != b"PONG\r\n":
            pass


def blast(link, data):
    link.setblocking(False)
    left = memoryview(data)
    while True:
        with contextlib.suppress(BlockingIOError):
            if left:
                left = left[link.send(left[: 1 << 18]) :]
        with contextlib.suppress(BlockingIOError):
            if not link.recv(1 << 18):
                return
        time.sleep(0.0005)


def run_client(command, name, blast=None):
    """Runs a client that prints its messages a second. One that receives says that it is ready, and then gets `blast`."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        if blast:
            if client.stdout.readline() != "ready\n":
                raise SystemExit(f"{name} has failed")
            client.stdin.write("go\n")
            client.stdin.flush()
            blast()
        line = client.stdout.readline()
    if client.returncode != 0:
        raise SystemExit(f"{name} has failed")
    return float(line)
