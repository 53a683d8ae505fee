#!/usr/bin/env python3
"""Compiles every header below some directories alone, twice in one file.

usage: compile_alone.py --suffix .hpp DIR… -- COMPILER FLAG…
"""
import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def compile_header(command, header):
    # C wants at least one declaration of a file; a header may have none.
    source = f'#include "{header}"\n#include "{header}"\ntypedef int one_declaration;\n'
    done = subprocess.run([*command, "-fsyntax-only", "-"], input=source, capture_output=True,
                          text=True)
    return "" if done.returncode == 0 else f"{header} does not compile alone:\n{done.stderr}"


def main():
    if "--" not in sys.argv:
        sys.exit(__doc__)
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suffix", required=True)
    parser.add_argument("directories", nargs="+", type=Path)
    options = parser.parse_args(sys.argv[1:split])
    command = sys.argv[split + 1:]

    headers = sorted(h for d in options.directories for h in d.rglob("*" + options.suffix))
    if not headers:
        sys.exit(f"no {options.suffix} files below {options.directories}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = [f for f in pool.map(lambda h: compile_header(command, h), headers) if f]
    print("\n".join(faults) or f"{len(headers)} headers compile alone")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
