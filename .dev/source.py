"""A source file as the checks see it, and what they find in it."""

import pathlib
import re
from dataclasses import dataclass, field
from functools import cached_property

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("platform", "messages", "runtime", "actors", "examples", "tests", "bench")
SUFFIXES = (".cpp", ".hpp", ".c", ".h", ".def")


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    what: str
    remedy: str = ""

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


_NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<tag>[^()\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'",
    re.DOTALL)


def _blank(match):
    text = match.group(0)
    if text.startswith(("//", "/*")):
        return "\n" * text.count("\n")
    return '""' + "\n" * text.count("\n")


@dataclass
class Source:
    path: str  # relative to the top, with slashes
    text: str = field(repr=False)

    @property
    def folder(self):
        return self.path.split("/", 1)[0]

    @property
    def is_code(self):
        return self.path.endswith(SUFFIXES)

    @cached_property
    def lines(self):
        return self.text.splitlines()

    @cached_property
    def code(self):
        """The lines without comments and without what stands in quotes."""
        return _NOISE.sub(_blank, self.text).splitlines()

    @cached_property
    def includes(self):
        """(line number, name with its quotes or brackets) of each #include."""
        found = []
        for number, line in enumerate(self.lines, 1):
            match = re.match(r'\s*#\s*include\s+(<[^>]+>|"[^"]+")', line)
            if match:
                found.append((number, match.group(1)))
        return found


def read_tree(root=ROOT):
    """Every text file that this repository holds, build outputs apart."""
    sources = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.startswith((".git/", "build/", "shared/")) or "__pycache__" in name or not path.is_file():
            continue
        try:
            sources.append(Source(name, path.read_text(encoding="utf-8")))
        except (UnicodeDecodeError, FileNotFoundError):  # a picture, or an editor's file that is gone again
            continue
    return sources
