"""How much a browser loads and runs."""
import pathlib

from report import Figure

PAGE = pathlib.Path(__file__).resolve().parents[2] / "page"


def measure_size(report):
    files = sorted(file for file in PAGE.iterdir() if file.suffix in (".js", ".css"))
    sizes = {file.name: file.stat().st_size for file in files}
    report.add(Figure("size", "JavaScript and CSS, uncompressed", " bytes", {"Belfry": [sum(sizes.values())]},
                      "at most 60 KB", sizes))
