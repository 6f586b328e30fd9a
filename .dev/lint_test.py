"""Every rule fires on what it forbids and keeps quiet about what it allows."""

import pathlib
import subprocess
import tempfile
import unittest

import banned
import layers
import registry
import sizes
import tools
from source import Finding, Source

HERE = pathlib.Path(__file__).resolve().parent


def whats(check, path, text):
    return [finding.what for finding in check(Source(path, text))]


class Layers(unittest.TestCase):
    def fires(self, path, include):
        self.assertEqual(len(whats(layers.check, path, f"#include {include}\n")), 1, f"{path} {include}")

    def quiet(self, path, include):
        self.assertEqual(whats(layers.check, path, f"#include {include}\n"), [], f"{path} {include}")

    def test_a_folder_includes_downwards_only(self):
        order = ["platform", "messages", "runtime", "actors"]
        for at, folder in enumerate(order):
            for below in order[:at]:
                self.quiet(f"{folder}/x.cpp", f'"vesta/{below}/y.hpp"')
            for above in order[at + 1:]:
                self.fires(f"{folder}/x.cpp", f'"vesta/{above}/y.hpp"')

    def test_full_caf_begins_at_the_runtime(self):
        self.fires("platform/x.hpp", "<caf/fwd.hpp>")
        self.fires("messages/x.hpp", "<caf/event_based_actor.hpp>")
        self.quiet("messages/x.hpp", "<caf/typed_actor.hpp>")
        self.quiet("messages/x.hpp", "<caf/meta/type_name.hpp>")
        self.quiet("runtime/x.cpp", "<caf/event_based_actor.hpp>")

    def test_the_operating_system_stays_in_platform(self):
        for header in ("<sys/mman.h>", "<unistd.h>", "<dlfcn.h>", "<pthread.h>", "<hwloc.h>", "<libelf.h>"):
            self.quiet("platform/x.cpp", header)
            for folder in ("messages", "runtime", "actors", "examples"):
                self.fires(f"{folder}/x.cpp", header)

    def test_logs_are_written_above_messages(self):
        self.fires("platform/x.cpp", "<spdlog/spdlog.h>")
        self.fires("messages/x.cpp", "<spdlog/spdlog.h>")
        self.quiet("runtime/x.cpp", "<spdlog/spdlog.h>")

    def test_an_actor_does_not_see_another(self):
        self.fires("actors/orchestrator.cpp", '"vesta/actors/versioning.hpp"')
        self.quiet("actors/orchestrator.cpp", '"vesta/actors/orchestrator.hpp"')
        self.quiet("actors/orchestrator.cpp", '"vesta/actors/actors.def"')

    def test_quoted_includes_start_at_the_include_root(self):
        self.fires("runtime/x.cpp", '"y.hpp"')
        self.fires("examples/city/x.c", '"../../runtime/y.hpp"')
        self.quiet("examples/city/x.c", '"vesta/module.h"')
        self.quiet("examples/city/x.c", '"beside.h"')

    def test_tests_may_include_anything(self):
        self.quiet("tests/x.cpp", "<unistd.h>")

    def test_a_finding_names_place_fault_and_remedy(self):
        found = list(layers.check(Source("platform/x.cpp", "\n#include <caf/fwd.hpp>\n")))
        self.assertRegex(str(found[0]), "^platform/x.cpp:2: platform/ may not include <caf/fwd.hpp>; .")


class Banned(unittest.TestCase):
    def test_each_ban_fires_and_its_right_place_is_quiet(self):
        cases = (
            ("std::this_thread::sleep_for(1ms);", "runtime/x.cpp", "platform/x.cpp"),
            ("auto t = std::chrono::steady_clock::now();", "actors/x.cpp", "platform/clock_linux.cpp"),
            ("int n = rand();", "examples/x.c", "platform/random.cpp"),
            ("std::random_device seed;", "runtime/x.cpp", "platform/random.cpp"),
            ("std::thread worker;", "actors/x.cpp", "runtime/pinned_scheduler.cpp"),
            ("#include <caf/all.hpp>", "tests/x.cpp", None),
            ("system.spawn<caf::det" "ached>(f);", "runtime/x.cpp", "tests/x.cpp"),
            ("// FIX" "ME later", "platform/x.cpp", None),
            ("see TO" "DO", "README.md", None),
            ("cd /wo" "rk/main", "README.md", None),
            ("open(\"/ho" "me/me/x\")", "actors/x.cpp", None),
        )
        for text, wrong, right in cases:
            self.assertEqual(len(whats(banned.check, wrong, text)), 1, text)
            if right:
                self.assertEqual(whats(banned.check, right, text), [], text)

    def test_each_ban_has_a_case(self):
        self.assertEqual(len(banned.BANS), 8, "a new ban needs its case above")

    def test_comments_and_strings_are_not_code(self):
        self.assertEqual(whats(banned.check, "runtime/x.cpp", '// std::thread\nlog("std::thread");\n'), [])
        self.assertEqual(whats(banned.check, "runtime/x.cpp", "auto id = std::thread::id{};\n"), [])


class Sizes(unittest.TestCase):
    def test_long_files_and_lines_fire(self):
        self.assertEqual(whats(sizes.check, "runtime/x.cpp", "\n" * 500), [])
        self.assertEqual(whats(sizes.check, "runtime/x.cpp", "\n" * 501), ["501 lines, the limit is 500"])
        self.assertEqual(whats(sizes.check, "runtime/x.cpp", "x" * 111), ["111 columns, the limit is 110"])

    def test_long_functions_fire_and_long_classes_do_not(self):
        body = "  if (x) {\n  }\n" * 40
        for head in ("void f(int a,\n       int b) {\n", "  int g() const {\n", "thing::thing() : a_{1} {\n"):
            self.assertEqual(len(whats(sizes.check, "runtime/x.cpp", head + body + "}\n")), 1, head)
        for head in ("namespace a {\n", "class x : public y {\n", "enum z {\n"):
            self.assertEqual(whats(sizes.check, "runtime/x.cpp", head + body + "}\n"), [], head)
        self.assertEqual(whats(sizes.check, "runtime/x.cpp", "void f() {\n" + body[:500] + "}\n"), [])


class Registry(unittest.TestCase):
    def found(self, *paths, table="VESTA_ACTOR(versioning, hmr)\n"):
        sources = [Source(path, "") for path in paths] + [Source("actors/actors.def", table)]
        return [finding.what for finding in registry.check(sources)]

    def test_a_row_has_its_source_and_its_test_and_the_other_way_round(self):
        both = ("actors/versioning.cpp", "tests/actors/versioning_test.cpp")
        self.assertEqual(self.found(*both, "actors/engine.cpp"), [])
        self.assertEqual(self.found(both[0]), ["versioning has no tests/actors/versioning_test.cpp"])
        self.assertEqual(self.found(both[1]), ["versioning has no actors/versioning.cpp"])
        self.assertEqual(self.found(*both, "actors/stray.cpp"), ["stray is not in actors/actors.def"])
        self.assertEqual(len(self.found(*both, "tests/actors/gone_test.cpp")), 1)

    def test_a_row_in_a_comment_is_no_row(self):
        self.assertEqual(self.found(table="// VESTA_ACTOR(x, y)\n"), [])

    def test_no_table_no_findings(self):
        self.assertEqual(list(registry.check([Source("actors/x.cpp", "")])), [])


class Compilers(unittest.TestCase):
    def test_a_header_that_lacks_an_include_is_found(self):
        command = ["g++", "-std=c++20", "-fsyntax-only", "-x", "c++", "-"]
        result = subprocess.run(command, input="std::string x;", capture_output=True, text=True, check=False)
        source = Source("platform/x.hpp", "")
        self.assertTrue(list(tools._diagnostics(source, result, "")))

    def test_a_changed_header_is_seen_by_all_that_reach_it(self):
        tree = [Source("runtime/a.cpp", '#include "vesta/runtime/b.hpp"\n'),
                Source("runtime/b.hpp", '#include "vesta/module.h"\n'), Source("runtime/module.h", "")]
        paths = {source.path: source for source in tree}
        self.assertEqual(set(tools.closure(tree[0], paths)), set(paths))


class Counting(unittest.TestCase):
    def count(self, *entries, failures="/dev/null"):
        log = "".join(f"{n}/9 Testing: t{n}\n{output}\n<end of output>\nTest {verdict}.\n"
                      for n, (output, verdict) in enumerate(entries, 1))
        command = ["awk", "-v", f"failures={failures}", "-f", str(HERE / "count_tests.awk")]
        return subprocess.run(command, input=log, capture_output=True, text=True, check=True).stdout.strip()

    def test_cases_are_counted_from_summaries(self):
        good = ("All tests passed (12 assertions in 3 test cases)", "Passed")
        bad = ("test cases: 5 | 3 passed | 2 failed\nassertions: 9 | 7 passed | 2 failed", "Failed")
        self.assertEqual(self.count(good), "3 0 0")
        self.assertEqual(self.count(good, bad), "6 2 0")
        self.assertEqual(self.count(("skipped: no data here\n" + good[0], "Passed")), "2 0 1")
        self.assertEqual(self.count(("No tests ran", "Passed")), "0 0 0")

    def test_what_the_summary_hides_is_a_failure(self):
        self.assertEqual(self.count(("All tests passed (1 assertion in 1 test case)", "Failed")), "0 1 0")
        self.assertEqual(self.count(("Segmentation fault", "Failed")), "0 1 0")

    def test_a_program_that_did_not_start_is_a_failure_although_the_log_calls_it_passed(self):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as failures:
            failures.write("2:t2\n")
            failures.flush()
            self.assertEqual(self.count(("built", "Passed"), ("", "Passed"), failures=failures.name), "1 1 0")

    def test_a_program_without_catch_is_one_test(self):
        self.assertEqual(self.count(("built", "Passed")), "1 0 0")


class Findings(unittest.TestCase):
    def test_equal_findings_are_one(self):
        self.assertEqual(len({Finding("a", 1, "b"), Finding("a", 1, "b")}), 1)


if __name__ == "__main__":
    unittest.main(verbosity=0)
