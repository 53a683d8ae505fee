#!/usr/bin/env python3
"""Builds the installed examples against the installed package, as their CMakeLists.txt says, and runs
the tests of those that are built."""
import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path, help="a directory to be emptied")
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--launcher", default="")
    parser.add_argument("examples", nargs="+", help="the targets to build, with their tests")
    options = parser.parse_args()

    shutil.rmtree(options.work, ignore_errors=True)
    environment = os.environ | {"CXX": options.compiler, "CXXFLAGS": "-Wall -Wextra -Werror "
                                "-Wno-missing-field-initializers"}
    if options.launcher:
        environment["CMAKE_CXX_COMPILER_LAUNCHER"] = options.launcher
    targets = [name for example in options.examples for name in (example, f"{example}_tests")]
    for command in (
            ["cmake", "-G", "Ninja", "-S", options.prefix / "share/doc/composable/examples",
             "-B", options.work, f"-DCMAKE_PREFIX_PATH={options.prefix}"],
            ["cmake", "--build", options.work, "--target", *targets],
            *([options.work / example / f"{example}_tests"] for example in options.examples)):
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            sys.exit(f"{command}\n{done.stdout}ended with {done.returncode}")
    for example in options.examples:
        if not (options.work / f"plugins-examples/{example}.so").is_file():
            sys.exit(f"{example}.so was not built")


if __name__ == "__main__":
    main()
