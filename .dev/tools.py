"""The checks that call a compiler or clang's tools. A file that passed is not asked again until it
changes, or a header of this repository that it includes."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

from source import ROOT, Finding

CACHE = ROOT / "build" / "lint"
PUBLIC = ("platform", "messages", "runtime", "actors")


def _run(command):
    return subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def closure(source, paths):
    """The source and every header of this repository that it reaches."""
    seen, todo = {}, [source]
    while todo:
        current = todo.pop()
        if current.path in seen:
            continue
        seen[current.path] = current
        for _, name in current.includes:
            header = name[1:-1].removeprefix("vesta/")
            header = "runtime/module.h" if header == "module.h" else header
            beside = current.path.rsplit("/", 1)[0] + "/" + header
            todo.extend(paths[p] for p in (header, beside) if p in paths)
    return seen


def each(name, sources, paths, settings, command, read):
    """Runs command(source) for each source on all cores; read(source, result) yields its findings."""
    CACHE.mkdir(parents=True, exist_ok=True)

    def one(source):
        digest = hashlib.sha256(f"{name}\0{source.path}\0{settings}".encode())
        for path, part in sorted(closure(source, paths).items()):
            digest.update(f"\0{path}\0{part.text}".encode())
        stamp = CACHE / digest.hexdigest()[:32]
        if stamp.exists():
            return []
        findings = list(read(source, _run(command(source))))
        if not findings:
            stamp.touch()
        return findings

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [finding for part in pool.map(one, sources) for finding in part]


def _diagnostics(source, result, remedy):
    found = False
    for line in (result.stdout + result.stderr).splitlines():
        match = re.match(r"(\S+?):(\d+):\d+: (?:fatal )?(?:error|warning): (.*)", line)
        if match:
            found = True
            path = match.group(1)
            path = re.sub(r".*/include/vesta/", "", path).removeprefix(f"{ROOT}/")
            yield Finding(path, int(match.group(2)), match.group(3), remedy)
    if result.returncode != 0 and not found:
        yield Finding(source.path, 1, (result.stderr or result.stdout).strip()[-300:], remedy)


def formatting(sources):
    """clang-format, with the repository's .clang-format."""
    code = [s for s in sources if s.path.endswith((".cpp", ".hpp", ".c", ".h"))]
    result = _run(["clang-format", "--dry-run", "--Werror", *(s.path for s in code)])
    for line in result.stderr.splitlines():
        match = re.match(r"(\S+?):(\d+):\d+: error: code should be clang-formatted", line)
        if match:
            yield Finding(match.group(1), int(match.group(2)), "not formatted", "run ./dev format")
    if result.returncode != 0 and "clang-formatted" not in result.stderr:
        yield Finding(".clang-format", 1, result.stderr.strip()[-300:])


def headers(sources):
    """Each public header compiles alone, with nothing precompiled, and module.h as C, too."""
    paths = {s.path: s for s in sources}
    public = [s for s in sources if s.folder in PUBLIC and s.path.endswith(".hpp")]
    flags = "-fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Werror"
    with tempfile.TemporaryDirectory() as top:
        include = pathlib.Path(top) / "include"
        (include / "vesta").mkdir(parents=True)
        for folder in PUBLIC:
            (include / "vesta" / folder).symlink_to(ROOT / folder)
        (include / "vesta" / "module.h").symlink_to(ROOT / "runtime" / "module.h")

        def command(language):
            def build(source):
                name = "module.h" if source.path == "runtime/module.h" else source.path
                suffix = ".c" if "c11" in language else ".cpp"
                unit = pathlib.Path(top) / (re.sub(r"\W", "_", source.path) + suffix)
                unit.write_text(f'#include "vesta/{name}"\n', encoding="utf-8")
                return [*language.split(), *flags.split(), "-I", str(include), str(unit)]
            return build

        def read(source, result):
            return _diagnostics(source, result, "include what it uses")

        cpp, c = "g++ -std=c++20", "gcc -std=c11"
        found = each("header", public, paths, cpp + flags, command(cpp), read)
        module = [s for s in sources if s.path == "runtime/module.h"]
        found += each("header", module, paths, cpp + flags, command(cpp), read)
        return found + each("header", module, paths, c + flags, command(c), read)


def tidy(sources, build_directory, everything):
    """clang-tidy. Sources that see full CAF take it many seconds each: they are read with `everything`."""
    paths = {s.path: s for s in sources}
    database = json.loads((build_directory / "compile_commands.json").read_text(encoding="utf-8"))
    commands = {}
    for entry in database:
        path = pathlib.Path(entry["file"])
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
        if name not in paths or name.startswith("tests/"):
            continue
        # g++'s precompiled header means nothing to clang: include its source instead.
        words = shlex.split(entry["command"])
        precompiled = (any(word.endswith("vesta_messages.dir/cmake_pch.hxx") for word in words)
                       and not name.startswith("messages/"))
        drop = ("-include", "-Winvalid-pch")
        words = [word for word in words if word not in drop
                 and not word.startswith("--param=ggc-") and not word.endswith("cmake_pch.hxx")]
        if precompiled:
            words[1:1] = ["-include", str(ROOT / "messages" / "prelude.hpp")]
        commands[name] = (precompiled, {**entry, "command": shlex.join(words)})
    chosen = [paths[name] for name, (heavy, _) in sorted(commands.items()) if everything or not heavy]
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / "compile_commands.json").write_text(json.dumps([entry for _, entry in commands.values()]))
    settings = (ROOT / ".clang-tidy").read_text(encoding="utf-8")

    def command(source):
        # clang does not know each of g++'s warnings.
        known = "--extra-arg=-Wno-unknown-warning-option"
        return ["clang-tidy", "--quiet", known, "-p", str(CACHE), source.path]

    def read(source, result):
        return _diagnostics(source, result, "mend it, or say why not with NOLINT(check)")

    return len(chosen), len(commands), each("tidy", chosen, paths, settings, command, read)


def missing():
    return [tool for tool in ("g++", "gcc", "clang-format", "clang-tidy") if not shutil.which(tool)]
