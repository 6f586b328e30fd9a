"""The layers of ARCHITECTURE.md: what a file of each folder may include."""

import re
from dataclasses import dataclass

from source import Finding

# What an include belongs to; the first match wins, and what matches nothing is the standard library.
LIBRARIES = (
    ("caf", r"caf/"),
    ("absl", r"absl/"),
    ("spdlog", r"spdlog/"),
    ("fmt", r"fmt/"),
    ("toml++", r"toml\+\+/"),
    ("json", r"nlohmann/"),
    ("cli11", r"CLI/"),
    ("catch2", r"catch2/"),
    ("benchmark", r"benchmark/"),
    ("mimalloc", r"mimalloc"),
    ("hwloc", r"hwloc"),
    ("elf", r"(libelf|gelf|elf|link)\.h|elfutils/"),
    ("xxhash", r"xxhash\.h|xxh3\.h"),
    ("zstd", r"zstd\.h"),
    ("curl", r"curl/"),
    ("sqlite", r"sqlite3\.h"),
    ("sodium", r"sodium(/|\.h)"),
    ("os", r"(sys|linux|asm|net|netinet|arpa)/"
           r"|(unistd|dlfcn|pthread|sched|fcntl|poll|signal|spawn|ucontext|execinfo|dirent|ftw|termios|pwd"
           r"|grp|glob|semaphore|malloc)\.h"),
)


@dataclass(frozen=True)
class Layer:
    vesta: tuple  # folders of Vesta
    libraries: tuple
    remedy: str


LAYERS = {
    "platform": Layer(
        ("platform",), ("os", "absl", "fmt", "hwloc", "elf", "xxhash", "zstd", "curl"),
        "platform/ is the operating system and what wraps it: move the code up, or use a plain type"),
    "messages": Layer(
        ("platform", "messages"), ("absl", "fmt"),
        "messages/ holds plain values: use a light CAF header of .dev/layers.py, or move it to runtime/"),
    "runtime": Layer(
        ("platform", "messages", "runtime", "module.h"),
        ("caf", "absl", "spdlog", "fmt", "toml++", "json", "xxhash"),
        "runtime/ reaches the system through platform/ and knows no actor: extend platform/, or pass it in"),
    "actors": Layer(
        ("platform", "messages", "runtime", "module.h"),
        ("caf", "absl", "spdlog", "fmt", "toml++", "json", "cli11", "mimalloc"),
        "actors meet in messages/ and reach the system through platform/: share the type in messages/"),
    "examples": Layer(
        ("platform", "messages", "runtime", "actors", "module.h"), ("caf", "absl", "spdlog", "fmt"),
        "examples/ use what an installed Vesta offers: include vesta/... only"),
}

# CAF's headers without the actor machinery: the types that a message or an interface alias needs.
LIGHT_CAF = re.compile(
    r"caf/(fwd|actor|make_message|replies_to|typed_actor|atom|error|none|unit|allowed_unsafe_message_type|"
    r"meta/\w+)\.hpp$")

# The table of actors and the factories that it names; every actor and main.cpp may see them.
ACTOR_TABLE = re.compile(r"vesta/actors/actors\.(def|hpp)$")

# The strategies share what they have in common; who makes a tree sees their factories alone.
RECOVERY = "actors/recovery/"
RECOVERY_SEES = re.compile(r"vesta/actors/recovery/\w+\.hpp$")
RECOVERY_TABLE = "vesta/actors/recovery/recovery.hpp"

# The command stands on top of the actors and sees them through the engine alone.
COMMAND = "actors/command/"
COMMAND_SEES = re.compile(r"vesta/actors/(engine\.hpp$|command/)")

# Precompiled in the lowest folder that knows CAF, so the larger CAF headers of those above it are in there.
PRELUDE = "messages/prelude.hpp"

# (including file, included header): why this one pair is right.
EXCEPTIONS = {
    # The journal's own; nobody else stores or signs anything.
    ("runtime/journal_database.cpp", "sqlite3.h"): "the journal's file",
    ("runtime/journal_record.cpp", "sodium/crypto_generichash.h"): "the journal's hash",
    ("runtime/journal_store.cpp", "sodium/core.h"): "the journal's hash picks the processor's instructions",
}


def library_of(header):
    for name, pattern in LIBRARIES:
        if re.match(pattern, header):
            return name
    return "std"


def _stem(path):
    return path.rsplit("/", 1)[-1].split(".", 1)[0]


def _vesta_fault(source, layer, header):
    part = header.split("/")[1]
    if source.path.startswith(COMMAND) and COMMAND_SEES.match(header):
        return None
    if source.folder == "actors" and part == "actors":
        if source.path.startswith(RECOVERY) and RECOVERY_SEES.match(header) or header == RECOVERY_TABLE:
            return None
        if ACTOR_TABLE.match(header) or _stem(header) == _stem(source.path):
            return None
        return f"{header} belongs to another actor"
    return None if part in layer.vesta else f"{source.folder}/ may not include {header}"


def check(source):
    layer = LAYERS.get(source.folder)
    if layer is None or not source.is_code:
        return
    for number, name in source.includes:
        header, quoted = name[1:-1], name[0] == '"'
        fault = None
        if (source.path, header) in EXCEPTIONS or source.path == PRELUDE and header.startswith("caf/"):
            continue
        if header.startswith("vesta/"):
            fault = _vesta_fault(source, layer, header)
        elif quoted:
            if source.folder != "examples":
                fault = f'"{header}" is not written from the include root'
            elif header.startswith(("/", "../")):
                fault = f'"{header}" reaches out of the example'
        else:
            library = library_of(header)
            light = source.folder == "messages" and LIGHT_CAF.match(header)
            if library != "std" and library not in layer.libraries and not light:
                fault = f"{source.folder}/ may not include <{header}>"
        if fault:
            remedy = 'write "vesta/<folder>/<file>"' if "include root" in fault else layer.remedy
            yield Finding(source.path, number, fault, remedy)
