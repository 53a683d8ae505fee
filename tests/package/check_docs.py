#!/usr/bin/env python3
"""Checks the documentation of an installed package: it is there, and its links lead somewhere.

usage: check_docs.py DIR

DIR is share/doc/composable. Every relative link of README.md and docs/*.md must name a file or a
folder below it, except those to what only the source tree has.
"""
import re
import sys
from pathlib import Path

LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
WANTED = ("README.md", "docs/sdk.md", "docs/tutorial.md", "docs/abi.md",
          "examples/reservations/reservations.cpp", "examples/imports/imports.hpp",
          "tests/examples/trips/trips_test.cpp", "plugins/orders/reducer.cpp")
SOURCE_ONLY = ("../tests/", "../benchmarks/", "../tools/", "tools/", "benchmarks/", "tests/")


def main():
    root = Path(sys.argv[1]).resolve()
    faults = [f"{name} is not installed" for name in WANTED if not (root / name).is_file()]
    links = 0
    for page in [*root.glob("README.md"), *sorted((root / "docs").glob("*.md"))]:
        for target, _ in LINK.findall(page.read_text()):
            if "://" in target or target.startswith(SOURCE_ONLY):
                continue
            links += 1
            if not (page.parent / target).exists():
                faults.append(f"{page.relative_to(root)}: {target} leads nowhere")
    if links < 20:
        faults.append(f"only {links} links were found; is this the documentation?")
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main()
