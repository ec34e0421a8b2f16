"""How much a browser loads and runs."""
import pathlib
import re
import urllib.request

from report import Figure
from support.server import Server

PAGE = pathlib.Path(__file__).resolve().parents[2] / "page"


def measure_size(report):
    """Counts the bytes as the server sends them."""
    names = sorted(file.name for file in PAGE.iterdir() if file.suffix in (".js", ".css"))
    with Server() as server:
        folder = re.search(rb"\b[0-9a-f]{16}/", fetch(server.address))[0].decode()
        sizes = {name: len(fetch(server.address + ("" if name == "service-worker.js" else folder) + name)) for name in names}
    report.add(Figure("size", "JavaScript and CSS, uncompressed", " bytes", {"Belfry": [sum(sizes.values())]},
                      "at most 60 KB", sizes))


def fetch(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read()
