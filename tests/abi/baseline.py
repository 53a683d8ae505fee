#!/usr/bin/env python3
"""Compares the ABI headers with the committed baseline, or renews it.

usage: baseline.py check|renew [--include DIR] [--compiler CC]

The baseline has two halves. baseline/v<major>.<minor>.abi is what abidw says of a probe that exports
one variable per type; layout.inc lists every size, offset and constant for layout.c to assert.
"""
import argparse
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "sdk/include"
LAYOUT = HERE / "baseline/layout.inc"
REMEDY = """the ABI differs from {baseline}
when this is meant: run tests/abi/renew_baseline, and write the reason under "Baseline renewals" in
docs/abi.md"""


def headers(include):
    return sorted((include / "composable/abi").glob("*.h"))


def version(include):
    text = (include / "composable/abi/version.h").read_text()
    return ".".join(re.search(rf"COMPOSABLE_ABI_{part} (\d+)", text)[1]
                    for part in ("MAJOR", "MINOR"))


def probe_source(include):
    """C source with one exported variable per struct and function type of the headers."""
    text = "\n".join(h.read_text() for h in headers(include))
    lines = ['#include "composable/abi/composable.h"']
    for name in sorted(set(re.findall(r"typedef struct (composable_\w+)", text))):
        defined = re.search(rf"struct {name} \{{", text)
        lines.append(f"{name}{' ' if defined else '* '}probe_{name};")
    for name in re.findall(r"typedef [^;{]*\(\*(composable_\w+)\)\(", text):
        lines.append(f"{name} probe_{name};")
    return "\n".join(lines) + "\n"


def build_probe(directory, include, compiler):
    (directory / "probe.c").write_text(probe_source(include))
    # A relative source path: none of this machine gets into the baseline.
    subprocess.run([compiler, "-std=c11", "-g", "-O0", "-shared", "-fPIC", f"-I{include}", "probe.c",
                    "-o", "probe.so"], cwd=directory, check=True)
    return directory / "probe.so"


def layout_of(abi_file, include):
    """The lines of layout.inc: structs as abidw saw them, constants as the headers spell them."""
    for struct in sorted(ElementTree.parse(abi_file).iter("class-decl"),
                         key=lambda s: s.get("name")):
        name = struct.get("name")
        if struct.get("is-declaration-only") or not name.startswith("composable_"):
            continue
        yield f"SIZE({name}, {int(struct.get('size-in-bits')) // 8})"
        for member in struct.iter("data-member"):
            field = member.find("var-decl").get("name")
            yield f"OFFSET({name}, {field}, {int(member.get('layout-offset-in-bits')) // 8})"
    for header in headers(include):
        for line in header.read_text().splitlines():
            number = re.match(r"#define (COMPOSABLE_\w+) (?:\(\(\w+\))?(-?\d+)\)?(?:\s|$)", line)
            text = re.match(r'#define (COMPOSABLE_\w+) ("[^"]*")', line)
            if number:
                yield f"VALUE({number[1]}, {number[2]})"
            elif text:
                yield f"TEXT({text[1]}, {text[2]})"


def write_baseline(probe, abi_file, layout_file, include):
    subprocess.run(["abidw", "--no-comp-dir-path", "--no-corpus-path", "--no-show-locs",
                    "--type-id-style", "hash", "--out-file", abi_file, probe], check=True)
    lines = ["/* Made by tests/abi/renew_baseline: sizes, offsets and constants of the ABI. */",
             *layout_of(abi_file, include)]
    layout_file.write_text("\n".join(lines) + "\n")


def check(probe, abi_file, scratch, include):
    """0, or 1 with what differs on standard output."""
    done = subprocess.run(["abidiff", "--no-show-locs", abi_file, probe], capture_output=True,
                          text=True)
    write_baseline(probe, scratch / "now.abi", scratch / "now.inc", include)
    then, now = LAYOUT.read_text().splitlines(), (scratch / "now.inc").read_text().splitlines()
    differing = [f"- {line}" for line in then if line not in now]
    differing += [f"+ {line}" for line in now if line not in then]
    if done.returncode == 0 and not differing:
        return 0
    print(done.stdout + done.stderr + "\n".join(differing))
    print(REMEDY.format(baseline=f"tests/abi/baseline/{abi_file.name}"))
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("act", choices=["check", "renew"])
    parser.add_argument("--include", type=Path, default=INCLUDE)
    parser.add_argument("--compiler", default="gcc")
    options = parser.parse_args()
    abi_file = HERE / f"baseline/v{version(options.include)}.abi"
    with tempfile.TemporaryDirectory(prefix="abi-") as scratch:
        probe = build_probe(Path(scratch), options.include, options.compiler)
        if options.act == "renew":
            write_baseline(probe, abi_file, LAYOUT, options.include)
            return 0
        if not abi_file.exists():
            print(REMEDY.format(baseline=f"tests/abi/baseline/{abi_file.name}, which is missing"))
            return 1
        return check(probe, abi_file, Path(scratch), options.include)


if __name__ == "__main__":
    sys.exit(main())
