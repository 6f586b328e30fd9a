# Reads ctest's LastTest.log and prints "passed failed skipped" in test cases. A Catch2 program counts by its own
# summary; any other program is one test. A test case that skips prints a line that begins with "skipped:".
# `-v failures=FILE` is ctest's LastTestsFailed.log ("number:name"): the other log calls a program that could not be
# started "Passed".

BEGIN { while (failures != "" && (getline line < failures) > 0) { sub(/^[0-9]+:/, "", line); fails[line] = 1 } }

/^[0-9]+\/[0-9]+ Testing: / { name = $0; sub(/^[^:]*: /, "", name); in_test = 1; cases = bad = skips = 0; summary = 0 }

in_test && /All tests passed \([0-9]+ assertions? in [0-9]+ test cases?\)/ {
  summary = 1
  match($0, /in [0-9]+ test case/)
  cases = substr($0, RSTART + 3) + 0
  bad = 0
}
in_test && /^test cases: +[0-9]+ \|/ {
  summary = 1
  cases = $3 + 0
  bad = match($0, /[0-9]+ failed( \||$)/) ? substr($0, RSTART) + 0 : 0
}
in_test && /^No tests ran/ { summary = 1; cases = bad = 0 }
in_test && /^ *skipped: / { ++skips }

# ctest's verdict: the program's exit status and time limit, which the summary may not show.
in_test && /^Test (Passed|Failed)\.$/ {
  ok = ($2 == "Passed." && !(name in fails))
  if (!summary) { cases = 1; bad = ok ? 0 : 1; skips = 0 }
  else if (!ok && bad == 0) { ++bad; if (cases < bad) cases = bad }
  if (skips > cases - bad) skips = cases - bad
  passed += cases - bad - skips
  failed += bad
  skipped += skips
  in_test = 0
}
END { print passed + 0, failed + 0, skipped + 0 }
