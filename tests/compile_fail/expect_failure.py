#!/usr/bin/env python3
"""Compiles one snippet that must not compile, and looks at how the compiler says why.

usage: expect_failure.py SNIPPET COMPILER FLAG…

The first lines of the snippet say what is wanted:

  // expect: <text>   a part of the sentence; the first error has it, with at most MOST_ABOVE lines
                      of "required from" above
  // names: <text>    stands with that error too: the type or the member that is wrong; `a|b` is
                      either, where compilers differ
"""
import re
import subprocess
import sys
from pathlib import Path

MOST_ABOVE = 3


def wanted(snippet):
    """(the sentence, the names) that the head of a snippet asks for."""
    heads = {"expect": [], "names": []}
    for line in snippet.read_text().splitlines():
        found = re.match(r"// (expect|names): (.+)", line)
        if not found:
            break
        heads[found[1]].append(found[2].strip())
    if len(heads["expect"]) != 1:
        sys.exit(f"{snippet}:1: no expectation; begin with: // expect: <part of the error>")
    return heads["expect"][0], heads["names"]


def fault_of(said, sentence, names):
    """What is wrong with what the compiler said, or None."""
    lines = said.splitlines()
    errors = [i for i, line in enumerate(lines) if ": error: " in line] + [len(lines)]
    at = next((i for i, line in enumerate(lines) if sentence in line), None)
    if at is None:
        return f"fails, but does not say: {sentence}"
    # A consteval function that throws says it in the source line that is shown below the error.
    if not errors[0] <= at < errors[min(2, len(errors) - 1)] or at > errors[0] + 6:
        return f"says it behind another error: {lines[errors[0]]}"
    above = sum("required from" in line or "required by" in line for line in lines[:at])
    if above > MOST_ABOVE:
        return f"says it below {above} lines of \"required from\"; at most {MOST_ABOVE}"
    end = next((i for i in errors if i > at), len(lines))
    for name in names:
        if not any(either in line for line in lines[:end] for either in name.split("|")):
            return f"does not name {name}"
    return None


def main():
    snippet, command = Path(sys.argv[1]), sys.argv[2:]
    sentence, names = wanted(snippet)
    done = subprocess.run([*command, "-fsyntax-only", snippet], capture_output=True, text=True)
    if done.returncode == 0:
        sys.exit(f"{snippet}: compiles, and must not")
    fault = fault_of(done.stderr, sentence, names)
    if fault:
        sys.exit(f"{snippet}: {fault}\nit says:\n{done.stderr}")
    print(f"{snippet.name}: refused as expected")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main()
