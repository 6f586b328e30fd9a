"""Text that does not belong in the tree, and what to write instead."""

import re
from dataclasses import dataclass

from source import FOLDERS, Finding

ABOVE_PLATFORM = ("messages", "runtime", "actors", "examples")


@dataclass(frozen=True)
class Ban:
    pattern: str
    instead: str
    folders: tuple = FOLDERS  # () is every file, comments and documents included
    allowed_in: tuple = ()  # files that are the one right place


BANS = (
    Ban(r"std::this_thread::sleep_(for|until)\b",
        "wait for the event itself, or send yourself a delayed message", ABOVE_PLATFORM,
        # Its writer pauses so that nobody has to tell it of a line.
        ("runtime/log_ring.cpp",)),
    Ban(r"std::chrono::\w+_clock::now\b|\b(steady|system|high_resolution)_clock::now\b",
        "ask the clock of platform/, so that a simulated run can replay it", ABOVE_PLATFORM),
    Ban(r"(?<![\w.>])s?rand\(|std::(random_device|mt19937|default_random_engine)\b",
        "use platform/random.hpp, keyed by seed, actor and purpose", ABOVE_PLATFORM),
    Ban(r"std::j?thread\b(?!::)|\bpthread_create\b|std::async\b",
        "make it an actor, or a thread of platform/", ABOVE_PLATFORM,
        # The scheduler is what runs actors: its workers are the threads.
        ("runtime/pinned_scheduler.cpp",
         # These wait for a disk, which would cost an actor its core.
         "runtime/journal.hpp", "runtime/journal.cpp",
         "runtime/log_ring.hpp", "runtime/log_ring.cpp",
         "runtime/checkpoint_writer.hpp", "runtime/checkpoint_writer.cpp",
         # An actor could be kept from its core by the very handler that it should find.
         "runtime/watchdog.hpp", "runtime/watchdog.cpp")),
    Ban(r"<caf/all\.hpp>", "name the light headers; the larger ones come from vesta/messages/prelude.hpp",
        FOLDERS, ()),
    Ban(r"\bcaf::detached\b|<\s*detached\b|\bblocking_actor\b|\bscoped_actor\b",
        "it bypasses the scheduler: give the actor a placement instead", ABOVE_PLATFORM,
        # Where a thread of the host meets the actors.
        ("runtime/outside_question.hpp", "messages/prelude.hpp")),
    Ban(r"\b(FIX" r"ME|TO" r"DO|X" r"XX)\b", "do it, or open an issue", ()),
    Ban(r"(?<![\w.$}])/(work|home|root|Users)/\w", "a path of one machine: make it relative", ()),
)


def check(source):
    for ban in BANS:
        if source.path in ban.allowed_in or (ban.folders and source.folder not in ban.folders):
            continue
        if ban.folders and not source.is_code:
            continue
        for number, line in enumerate(source.code if ban.folders else source.lines, 1):
            match = re.search(ban.pattern, line)
            if match:
                yield Finding(source.path, number, f"'{match.group(0).strip()}' is banned here", ban.instead)
