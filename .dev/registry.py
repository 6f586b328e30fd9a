"""actors/actors.def against the files: an actor is one line there, one source and one test."""

import re

from source import Finding

TABLE = "actors/actors.def"
# Sources of actors/ that are no actor.
NOT_ACTORS = ("actors", "engine")


def check(sources):
    """Takes the whole tree; finds nothing while there is no table."""
    paths = {source.path: source for source in sources}
    if TABLE not in paths:
        return
    rows = {}
    for number, line in enumerate(paths[TABLE].code, 1):
        match = re.match(r"\s*VESTA_ACTOR\(\s*(\w+)\s*,\s*(\w+)", line)
        if match:
            rows[match.group(1)] = number
    for name, number in rows.items():
        for wanted in (f"actors/{name}.cpp", f"tests/actors/{name}_test.cpp"):
            if wanted not in paths:
                yield Finding(TABLE, number, f"{name} has no {wanted}", "write it, or drop the line")
    for path in paths:
        match = re.match(r"actors/(\w+)\.cpp$", path)
        if match and match.group(1) not in rows and match.group(1) not in NOT_ACTORS:
            yield Finding(path, 1, f"{match.group(1)} is not in {TABLE}", "add its line, or move the file")
        match = re.match(r"tests/actors/(\w+)_test\.cpp$", path)
        if match and match.group(1) not in rows and f"actors/{match.group(1)}.cpp" not in paths:
            yield Finding(path, 1, f"it tests actors/{match.group(1)}.cpp, which is not there", "rename it")
