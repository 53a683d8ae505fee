#!/usr/bin/env python3
"""Checks that a plugin file is what composable_add_plugin promises.

usage: check_plugin_file.py <plugin.so> [--domain NAME]

Exactly one exported symbol, no UNIQUE ones, nothing that pins the file in memory, no libraries but
those of the C and C++ runtimes, nothing unresolved, and a note that names this ABI.
"""
import argparse
import re
import struct
import subprocess
import sys
from pathlib import Path

ENTRY = "composable_plugin_entry_v1"
RUNTIME = re.compile(r"^(lib(c|m|stdc\+\+|gcc_s|c\+\+|c\+\+abi|unwind|asan|ubsan|tsan)\.so"
                     r"|ld-linux)")
SANITIZER = re.compile(r"^__(asan|ubsan|tsan|sanitizer|lsan)|_asan")
VERSION_H = Path(__file__).resolve().parents[2] / "sdk/include/composable/abi/version.h"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def abi_version():
    return tuple(int(re.search(rf"COMPOSABLE_ABI_{part} (\d+)", VERSION_H.read_text())[1])
                 for part in ("MAJOR", "MINOR"))


def exported(plugin):
    """(name, binding) of every symbol that others could be bound to."""
    for line in run("readelf", "-W", "--dyn-syms", plugin).splitlines():
        field = line.split()
        if len(field) >= 8 and field[0].rstrip(":").isdigit() and field[6] != "UND":
            if field[4] in ("GLOBAL", "WEAK", "UNIQUE"):
                yield field[7].split("@")[0], field[4]


def section(plugin, wanted):
    """The contents of a section of a 64-bit little-endian ELF file; empty when there is none."""
    image = Path(plugin).read_bytes()
    table, = struct.unpack_from("<Q", image, 0x28)
    size, count, names_index = struct.unpack_from("<3H", image, 0x3A)
    headers = [struct.unpack_from("<2I4Q", image, table + i * size) for i in range(count)]
    names = headers[names_index][4]
    for name, _, _, _, offset, length in headers:
        start = names + name
        if image[start:image.index(b"\0", start)] == wanted.encode():
            return image[offset:offset + length]
    return b""


def note(plugin):
    """The note's ABI major, minor and domain; None when there is no such note."""
    octets = section(plugin, ".note.composable")
    if len(octets) != 120 or octets[:12] != struct.pack("<3I", 11, 96, 1):
        return None
    if octets[12:24] != b"Composable\0\0":
        return None
    major, minor = struct.unpack_from("<2I", octets, 28)
    return major, minor, octets[40:104].split(b"\0")[0].decode()


def faults(plugin, domain):
    symbols = list(exported(plugin))
    names = sorted(name for name, _ in symbols)
    if names != [ENTRY]:
        yield f"exports {', '.join(names) or 'nothing'}; {ENTRY} alone is needed"
    for name, binding in symbols:
        if binding == "UNIQUE":
            yield f"{name} is UNIQUE: the file could never be unloaded"
    dynamic = run("readelf", "-W", "-d", plugin)
    for needed in re.findall(r"NEEDED.*\[(.*)\]", dynamic):
        if not RUNTIME.match(needed):
            yield f"needs {needed}, which is not of the C or C++ runtime"
    if re.search(r"NODELETE|STATIC_TLS", dynamic):
        yield "is marked NODELETE or STATIC_TLS: it could not be unloaded"
    linked = subprocess.run(["ldd", "-r", plugin], capture_output=True, text=True)
    for name in re.findall(r"undefined symbol: (\S+)", linked.stdout + linked.stderr):
        if not SANITIZER.search(name):
            yield f"{name} is defined nowhere"
    found = note(plugin)
    if found is None:
        yield "has no readable note in .note.composable"
    elif found[:2] != abi_version():
        yield f"its note says ABI {found[0]}.{found[1]}, the headers {abi_version()}"
    elif domain and found[2] not in ("", domain):
        yield f"its note names the domain {found[2]}, expected {domain}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plugin")
    parser.add_argument("--domain")
    options = parser.parse_args()
    found = list(faults(options.plugin, options.domain))
    for fault in found:
        print(f"{options.plugin}: {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
