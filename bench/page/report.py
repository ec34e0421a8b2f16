"""The report of a program: lines that are printed at once, a table and a file of values, as bench/support/report.cpp makes
them."""
import json
import os
import pathlib
import platform
import statistics
from dataclasses import asdict, dataclass, field


@dataclass
class Figure:
    """One line of the table. `series` are the values of each round by name; those of Belfry come first."""
    group: str
    what: str
    unit: str
    series: dict
    wanted: str = ""
    settings: dict = field(default_factory=dict)


def text_of(value, unit):
    return (f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}") + unit


def machine():
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    names = [line.partition(": ")[2] for line in cpuinfo.splitlines() if line.startswith("model name")]
    return f"{os.cpu_count()} processors {names[0] if names else 'unknown processor'}, Linux {platform.release()}"


class Report:
    def __init__(self, program, conditions):
        self.program, self.conditions = program, conditions
        self.figures, self.remarks = [], []
        print(f"{program}: {conditions}", flush=True)

    def add(self, figure):
        wanted = f", wanted {figure.wanted}" if figure.wanted else ""
        medians = "".join(f"  {name} {text}" for name, text in self._medians(figure))
        print(f"{figure.what}:{medians}{wanted}", flush=True)
        self.figures.append(figure)

    def remark(self, text):
        print(f"  {text}", flush=True)
        self.remarks.append(text)

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.program}.json").write_text(self._json())
        (folder / f"{self.program}.md").write_text(self._markdown())

    @staticmethod
    def _medians(figure):
        return [(name, text_of(statistics.median(values), figure.unit)) for name, values in figure.series.items()]

    def _json(self):
        figures = []
        for figure in self.figures:
            series = [{"name": name, "median": statistics.median(values), "values": values}
                      for name, values in figure.series.items()]
            figures.append({**asdict(figure), "series": series, "ratios": []})
        return json.dumps({"program": self.program, "machine": machine(), "conditions": self.conditions,
                           "figures": figures, "remarks": self.remarks}, indent=1) + "\n"

    def _markdown(self):
        lines = [f"# {self.program}", "", f"{machine()}; {self.conditions}.", "",
                 "| what | Belfry | wanted | others |", "|---|---|---|---|"]
        for figure in self.figures:
            (_, own), *others = self._medians(figure)
            lines.append(f"| {figure.what} | {own} | {figure.wanted} | {', '.join(map(' '.join, others))} |")
        if self.remarks:
            lines += ["", *(f"- {remark}" for remark in self.remarks)]
        return "\n".join(lines) + "\n"
