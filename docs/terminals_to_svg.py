#!/usr/bin/env python3
"""Draws captured terminals as one SVG.

Usage: terminals_to_svg.py TITLE=FILE ... > picture.svg
Each FILE holds the output of `tmux capture-pane -p -e`. A terminal whose title begins with `+` is drawn
to the right of the one before it; every other terminal is drawn below.
"""
import re
import sys
from html import escape

CELL_W, CELL_H, PAD, BAR, GAP = 7.8, 17, 10, 24, 12
INK, PAPER, FRAME, TITLE = "#d8dee9", "#1e222a", "#2e3440", "#aeb6c4"
COLOURS = ["#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9"]


def apply(codes, style):
    """Returns the style after these SGR codes: colour, bold and faint."""
    codes = [int(code or 0) for code in codes.split(";")]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = {}
        elif code == 1:
            style = {**style, "font-weight": "bold"}
        elif code == 2:
            style = {**style, "opacity": "0.6"}
        elif code == 22:
            style = {k: v for k, v in style.items() if k not in ("font-weight", "opacity")}
        elif code == 39:
            style = {k: v for k, v in style.items() if k != "fill"}
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = {**style, "fill": COLOURS[code % 10]}
        elif code == 38 and codes[:1] == [5]:
            style = {**style, "fill": COLOURS[codes[1] % 8]}
            del codes[:2]
    return style


def runs(line, style):
    """Cuts a line into (column, text, style). Also returns its width and the style after its end."""
    found, column = [], 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b"):
            style = apply(part[2:-1], style)
            continue
        if part.strip():
            found.append((column, part, style))
        column += len(part)
    return found, column, style


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().rstrip("\n ").split("\n")
    style, rows, columns = {}, [], 0
    for line in lines:
        row, width, style = runs(line, style)
        rows.append(row)
        columns = max(columns, width)
    return rows, columns


def draw(title, rows, x, y, width, height):
    out = [
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{PAPER}"/>',
        f'<path d="M{x} {y + BAR}v{6 - BAR}a6 6 0 0 1 6-6h{width - 12}a6 6 0 0 1 6 6v{BAR - 6}z" fill="{FRAME}"/>',
        f'<text x="{x + PAD}" y="{y + 16}" fill="{TITLE}">{escape(title)}</text>',
    ]
    for number, row in enumerate(rows):
        for column, text, style in row:
            indent = len(text) - len(text.lstrip())
            text = text.strip()
            attributes = "".join(f' {name}="{value}"' for name, value in style.items())
            left = round(x + PAD + (column + indent) * CELL_W, 1)
            out.append(
                f'<text x="{left}" y="{round(y + BAR + PAD + 11 + number * CELL_H)}" '
                f'textLength="{round(len(text) * CELL_W, 1)}"{attributes}>{escape(text)}</text>'
            )
    return out


def main():
    terminals = []
    for argument in sys.argv[1:]:
        title, path = argument.split("=", 1)
        rows, columns = read(path)
        beside = title.startswith("+")
        terminals.append([title.removeprefix("+"), rows, columns, beside])

    # Each row of the picture holds terminals side by side, which share width and height.
    lines = []
    for terminal in terminals:
        if terminal[3] and lines:
            lines[-1].append(terminal)
        else:
            lines.append([terminal])
    total = max(
        len(line) * max(t[2] * CELL_W + 2 * PAD for t in line) + GAP * (len(line) - 1) for line in lines
    )

    out, y = [], 0
    for line in lines:
        height = BAR + 2 * PAD + max(len(t[1]) for t in line) * CELL_H
        width = (total - GAP * (len(line) - 1)) / len(line)
        for at, (title, rows, _, _) in enumerate(line):
            out += draw(title, rows, round(at * (width + GAP), 1), y, round(width, 1), height)
        y += height + GAP
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total:.0f} {y - GAP}" font-size="13" '
        f'fill="{INK}" font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace" xml:space="preserve">'
    )
    print("\n".join(out))
    print("</svg>")


main()
