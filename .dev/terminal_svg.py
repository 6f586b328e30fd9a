#!/usr/bin/env python3
"""Turns what a program wrote to a terminal into a picture: `terminal_svg.py [TITLE] < output > picture.svg`.

It understands what `vesta` writes: carriage returns, clearing a line to its end, bold, dim and colours. To
capture that: `script -qec "vesta sim" /dev/null`."""

import html
import re
import sys

COLUMNS, FONT, ADVANCE, LINE = 100, 14, 8.43, 19
MARGIN, BAR = 18, 34
TEXT, PAPER, FRAME = "#d7dae0", "#1b1e24", "#2a2e37"
COLOURS = {"31": "#f0727e", "32": "#8ccf7e", "33": "#e5c76b", "36": "#62c8d3"}
ESCAPE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")


def screen(text):
    """Lines of (letter, style) cells as they stand at the end; a style is a set of SGR codes."""
    lines, line, column, style = [], [], 0, frozenset()
    at = 0
    while at < len(text):
        escape = ESCAPE.match(text, at)
        if escape:
            codes, command = escape.groups()
            at = escape.end()
            if command == "K":
                del line[column:]
            elif command == "m":
                for code in codes.split(";"):
                    style = frozenset() if code in ("", "0") else style | {code}
            continue
        letter = text[at]
        at += 1
        if letter == "\n":
            lines.append(line)
            line, column = [], 0
        elif letter == "\r":
            column = 0
        elif letter.isprintable():
            if column == COLUMNS:
                lines.append(line)
                line, column = [], 0
            line[column:column + 1] = [(letter, style)]
            column += 1
    return lines + [line] if line else lines


def attributes(style):
    colour = next((COLOURS[code] for code in style if code in COLOURS), None)
    parts = [f' fill="{colour}"'] if colour else []
    if "1" in style:
        parts.append(' font-weight="bold"')
    if "2" in style:
        parts.append(' fill-opacity="0.6"')
    return "".join(parts)


def runs(line):
    """(column, text, style) for each stretch of one style."""
    start = 0
    for end in range(1, len(line) + 1):
        if end == len(line) or line[end][1] != line[start][1]:
            text = "".join(letter for letter, _ in line[start:end])
            if text.strip():
                yield start, text, line[start][1]
            start = end


def picture(lines, title):
    width, height = round(COLUMNS * ADVANCE + 2 * MARGIN), BAR + len(lines) * LINE + 2 * MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(title)}">')
    yield f'<rect width="{width}" height="{height}" rx="9" fill="{PAPER}"/>'
    yield f'<path d="M0 {BAR}V9a9 9 0 0 1 9-9H{width - 9}a9 9 0 0 1 9 9V{BAR}z" fill="{FRAME}"/>'
    for number, colour in enumerate(("#f0727e", "#e5c76b", "#8ccf7e")):
        yield f'<circle cx="{20 + 20 * number}" cy="{BAR / 2:g}" r="6" fill="{colour}"/>'
    yield (f'<g fill="{TEXT}" font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace" '
           f'font-size="{FONT}" xml:space="preserve">')
    yield (f'<text x="{width / 2:g}" y="{BAR / 2 + 5:g}" text-anchor="middle" fill-opacity="0.6">'
           f'{html.escape(title)}</text>')
    for row, line in enumerate(lines):
        baseline = BAR + MARGIN + row * LINE + FONT
        for column, text, style in runs(line):
            # The length keeps the columns in line whatever font there is.
            x, length = MARGIN + column * ADVANCE, len(text) * ADVANCE
            place = f'x="{x:.1f}" y="{baseline}" textLength="{length:.1f}"'
            yield (f'<text {place} lengthAdjust="spacingAndGlyphs"{attributes(style)}>'
                   f'{html.escape(text)}</text>')
    yield "</g></svg>"


def main():
    title = sys.argv[1] if len(sys.argv) > 1 else "vesta sim"
    lines = screen(sys.stdin.read())
    if not lines:
        sys.exit("terminal_svg: there is nothing to draw; give a program's output on standard input")
    print("\n".join(picture(lines, title)))


if __name__ == "__main__":
    main()
