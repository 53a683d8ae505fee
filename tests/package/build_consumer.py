#!/usr/bin/env python3
"""Builds a plugin out of tree against an installed package, as its author would, and checks it.

The sources are copied away first, so that nothing but the package can be found.
"""
import argparse
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE_ROOT = HERE.parents[1]


def run(*command):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True, help="where the package was installed")
    parser.add_argument("--work", required=True, type=Path, help="a directory to be emptied")
    parser.add_argument("--project", required=True, type=Path, help="a folder with a CMakeLists.txt")
    parser.add_argument("--plugin", required=True, type=Path, help="the folder of its sources")
    parser.add_argument("--language", required=True, choices=["C", "CXX"])
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--domain", required=True)
    parser.add_argument("--launcher", default="")
    options = parser.parse_args()

    shutil.rmtree(options.work, ignore_errors=True)
    source, build = options.work / "source", options.work / "build"
    shutil.copytree(options.plugin, source)
    shutil.copy(options.project / "CMakeLists.txt", source)

    run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={options.prefix}",
        f"-DCMAKE_{options.language}_COMPILER={options.compiler}", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_{options.language}_COMPILER_LAUNCHER={options.launcher}",
        f"-DCMAKE_{options.language}_FLAGS=-Wall -Wextra -Werror -Wno-missing-field-initializers",
        "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    run("cmake", "--build", build)

    commands = (build / "compile_commands.json").read_text()
    for of_the_tree in (SOURCE_ROOT / "sdk", SOURCE_ROOT / "host"):
        if str(of_the_tree) in commands:
            sys.exit(f"the package leads back to {of_the_tree}:\n{commands}")
    files = sorted(f.name for f in (build / "plugins").iterdir())
    if files != ["counter.so"]:
        sys.exit(f"{build / 'plugins'} holds {files}, expected counter.so alone")
    print(run(sys.executable, HERE / "check_plugin_file.py", build / "plugins/counter.so",
              "--domain", options.domain))


if __name__ == "__main__":
    main()
