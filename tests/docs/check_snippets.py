#!/usr/bin/env python3
"""Checks that the code in the documentation is code of the tree.

usage: check_snippets.py [--root DIR] [--list]

Every fenced block of c, cpp or cmake in README.md and docs/*.md stands below a line
`<!-- file: <path> -->` and appears in that file, whatever its indentation. Other blocks are
counted, and shown by --list; whether they run is asked elsewhere. A template of sdk/templates is
quoted as `composable new domain shop` fills it.
"""
import argparse
import re
import sys
import textwrap
from pathlib import Path

CODE = {"c", "cpp", "cmake"}
MARKER = re.compile(r"<!-- file: (\S+) -->$")
SHOP = {"@domain@": "shop", "@Domain@": "Shop", "@file@": "shop"}
FENCE = re.compile(r"( *)(`{3,})(.*)$")


def blocks(page):
    """(line number, language, lines, marked path or None) of every fenced block of a page."""
    lines = page.read_text().splitlines()
    marked, i = None, 0
    while i < len(lines):
        opening = FENCE.match(lines[i])
        if not opening:
            marker = MARKER.match(lines[i].strip())
            if marker or lines[i].strip():
                marked = marker[1] if marker else None
            i += 1
            continue
        start = i + 1
        i = start
        while i < len(lines) and lines[i].strip() != opening[2]:
            i += 1
        yield start, opening[3].strip(), lines[start:i], marked
        marked, i = None, i + 1


def quoted_from(block, source):
    """Whether the block's lines stand together in `source`, whatever their indentation."""
    def bare(lines):
        return textwrap.dedent("\n".join(line.rstrip() for line in lines))

    text = source.read_text()
    if "templates" in source.parts:
        text = re.sub("|".join(SHOP), lambda name: SHOP[name[0]], text)
    lines, wanted = text.splitlines(), bare(block)
    return any(bare(lines[i:i + len(block)]) == wanted
               for i in range(len(lines) - len(block) + 1))


def fault_of(root, language, block, marked):
    if language not in CODE:
        return None
    if not "".join(block).strip():
        return f"a block of {language} is empty"
    if marked is None:
        return f"a block of {language} is not quoted; put <!-- file: <path> --> above it"
    if not (root / marked).is_file():
        return f"a block quotes {marked}, which does not exist"
    if not quoted_from(block, root / marked):
        return f"the block that begins with \"{block[0].strip()}\" is not in {marked}; quote it as it is now"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    quoted = others = faults = 0
    for page in [options.root / "README.md", *sorted((options.root / "docs").glob("*.md"))]:
        if not page.exists():
            continue
        for line, language, block, marked in blocks(page):
            place = f"{page.relative_to(options.root)}:{line}"
            fault = fault_of(options.root, language, block, marked)
            if fault:
                print(f"{place}: {fault}")
                faults += 1
            elif language in CODE:
                quoted += 1
            else:
                others += 1
                if options.list:
                    print(f"{place}: {language or 'text'}, {len(block)} lines")
    print(f"{quoted} blocks of code are quoted, {others} of other languages are not checked here")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
