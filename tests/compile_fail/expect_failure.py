#!/usr/bin/env python3
"""Compiles one snippet that must not compile, and looks for what the compiler has to say.

usage: expect_failure.py SNIPPET COMPILER FLAG…

The first lines of the snippet say it: each `// expect: <text>` must be part of the output.
"""
import re
import subprocess
import sys
from pathlib import Path


def main():
    snippet, command = Path(sys.argv[1]), sys.argv[2:]
    expected = []
    for line in snippet.read_text().splitlines():
        found = re.match(r"// expect: (.+)", line)
        if not found:
            break
        expected.append(found[1].strip())
    if not expected:
        sys.exit(f"{snippet}:1: no expectation; begin with: // expect: <part of the error>")

    done = subprocess.run([*command, "-fsyntax-only", snippet], capture_output=True, text=True)
    if done.returncode == 0:
        sys.exit(f"{snippet}: compiles, and must not")
    for text in expected:
        if text not in done.stderr:
            sys.exit(f"{snippet}: fails, but does not say: {text}\nit says:\n{done.stderr}")
    print(f"{snippet.name}: refused as expected")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main()
