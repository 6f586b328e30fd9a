"""All checks over the tree. `lint.py [--all]`: with --all clang-tidy reads what sees full CAF, too."""

import sys
import time

import banned
import layers
import registry
import sizes
import tools
from source import ROOT, read_tree


def by_file(check):
    return lambda sources: [finding for source in sources for finding in check(source)]


def report(name, findings, started, note=""):
    findings = sorted(set(findings))
    for finding in findings:
        print(f"  {finding}")
    verdict = f"{len(findings)} findings" if findings else "ok"
    print(f"{name:<12} {verdict:<14} {time.monotonic() - started:5.1f} s   {note}".rstrip(), flush=True)
    return len(findings)


def main(everything):
    if tools.missing():
        print(f"lint needs {', '.join(tools.missing())}: install them, or run ./dev lint, which does.")
        return 2
    sources = read_tree()
    total = 0
    checks = {
        "layers": by_file(layers.check),
        "banned text": by_file(banned.check),
        "sizes": by_file(sizes.check),
        "actors": registry.check,
        "formatting": tools.formatting,
        "headers": tools.headers,
    }
    for name, check in checks.items():
        started = time.monotonic()
        total += report(name, check(sources), started)
    started = time.monotonic()
    read, known, findings = tools.tidy(sources, ROOT / "build" / "debug", everything)
    total += report("clang-tidy", findings, started, f"{read} of {known} sources" + (
        "; those with full CAF only under ./dev lint --all" if read < known else ""))
    print(f"lint: {total} findings" if total else "lint: clean")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main("--all" in sys.argv[1:]))
