"""Limits that only ever shrink: a file is one idea, a function fits on a screen."""

import re

from source import Finding

FILE_LINES = 500
FUNCTION_LINES = 70
COLUMNS = 110

_NOT_A_FUNCTION = re.compile(
    r"^(if|for|while|switch|else|do|try|namespace|struct|class|enum|union|extern|return|case|default)\b"
    r"|\]\s*(\(|\{|$)"  # a lambda
    r"|[^=!<>]=[^=]")  # an initialiser


def _without_macros(lines):
    """Lines with preprocessor directives emptied, those that a backslash continues included."""
    continued = False
    for line in lines:
        directive = continued or line.lstrip().startswith("#")
        continued = directive and line.endswith("\\")
        yield "" if directive else line


def functions(source):
    """(first line, lines) of each function body. Needs no more grammar than formatted code has: the brace of
    a block stands after a blank, that of `a_{1}` does not."""
    found, stack = [], []
    head, head_line, before = "", 1, ""
    for number, line in enumerate(_without_macros(source.code), 1):
        for letter in line + "\n":
            is_block = True
            if letter == "{":
                is_block = before.isspace() or before == ""
                is_function = is_block and ")" in head and not _NOT_A_FUNCTION.search(head.strip())
                stack.append((head_line, is_block, is_function))
            elif letter == "}" and stack:
                start, is_block, is_function = stack.pop()
                if is_function:
                    found.append((start, number - start + 1))
            if letter in "{};" and is_block:
                head = ""
            else:
                if not head.strip():
                    head, head_line = "", number
                head += letter
            before = letter
    return found


def check(source):
    if not source.is_code and not source.path.endswith((".py", ".cmake")) and source.path != "dev":
        return
    if len(source.lines) > FILE_LINES:
        yield Finding(source.path, FILE_LINES + 1, f"{len(source.lines)} lines, the limit is {FILE_LINES}",
                      "split it in two ideas")
    if not source.path.endswith(".def"):  # a row of a table is one line
        for number, line in enumerate(source.lines, 1):
            if len(line) > COLUMNS:
                yield Finding(source.path, number, f"{len(line)} columns, the limit is {COLUMNS}", "wrap it")
    if source.path.endswith((".cpp", ".hpp", ".c", ".h")):
        for first, lines in functions(source):
            if lines > FUNCTION_LINES:
                what = f"a function of {lines} lines, the limit is {FUNCTION_LINES}"
                yield Finding(source.path, first, what, "name its parts")
