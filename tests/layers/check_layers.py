#!/usr/bin/env python3
"""Checks every #include of host/, sdk/, plugins/ and examples/ against the layers.

usage: check_layers.py [--root DIR]

The tables below are the architecture: a folder may use what its line names, and itself.
"""
import argparse
import re
import sys
from pathlib import Path

# Folders of host/, and what of host/ each may include besides itself, runtime and observe.
HOST = {
    "runtime": [],
    "observe": [],
    "events": [],
    "bus": [],
    "domain": [],
    "store": ["domain", "events", "bus"],
    "plugin": ["domain"],
    "child": [],
    "canary": ["child", "plugin", "store"],
    "crash": ["plugin", "domain"],
    "reload": ["canary", "plugin", "domain", "store"],
    "verify": ["child", "plugin", "domain", "store"],
    "http": ["store", "domain"],
    "fanout": ["bus"],
    "ws": ["fanout", "store", "bus"],
    "net": ["http", "fanout", "ws", "bus"],
    "config": [],
    "dev": [],
    "admin": ["net", "http", "ws", "reload", "store", "events", "bus"],
    "app": ["*"],
    "cli": ["*"],
}
EVERYBODY = ["runtime", "observe"]  # these two use nothing of the others

# Folders within a folder, each a target of its own: the files outside of it that may include it,
# and what. A kind of store is known to whoever opens it, and to no other kind.
INNER = {
    "events/sqlite": {"host/events/open_event_store.cpp": ["events/sqlite/open.hpp"]},
    "events/memory": {"host/events/open_event_store.cpp": ["events/memory/event_store.hpp"]},
}

# The host never sees the C++ SDK: it has to work with plugins that know nothing of it.

# Libraries that may be named in some places only.
LIBRARIES = {
    "boost/dll": ["host/plugin"],
    "boost/asio": ["host/net"],
    "boost/beast": ["host/net"],
    "sqlite3.h": ["host/events/sqlite"],
    "rapidjson/": ["sdk/src", "host/config"],  # there: every value with its line
}
ABI_HEADERS = ["stddef.h", "stdint.h"]
SOURCES = {".h", ".hpp", ".c", ".cpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def place_of(path):
    """The unit that the rules speak of: host/store, host/events/sqlite, sdk/abi, plugins/orders."""
    parts = path.parts
    if parts[0] == "host" and "/".join(parts[1:3]) in INNER:
        return "/".join(parts[:3])
    if parts[0] == "host" and len(parts) == 2:
        return "host/app"
    if parts[:4] == ("sdk", "include", "composable", "abi"):
        return "sdk/abi"
    return "/".join(parts[:2])


def is_std(name):
    return re.fullmatch(r"[a-z_0-9]+", name) is not None


def allowed(file, place, name, local):
    """Whether `file` of `place` may include `name`, and what would have been allowed instead.

    `local` says whether the name is found beside the including file.
    """
    for library, places in LIBRARIES.items():
        if name.startswith(library) and place not in places:
            return False, f"only {', '.join(places)} may"
    layer, folder = place.split("/")[:2]
    for inner, guests in INNER.items():
        if name.startswith(inner + "/") and place != f"host/{inner}":
            return name in guests.get(file, []), f"only host/{inner}, and the code that opens it"
    if place == "sdk/abi":
        if name in ABI_HEADERS or name.startswith("composable/abi/"):
            return True, ""
        return False, "composable/abi/, " + ", ".join(ABI_HEADERS)
    if place == "sdk/include":
        # composable/testing/ is for test executables.
        good = is_std(name) or name.startswith(("composable/", "boost/pfr")) or (
            name == "gtest/gtest.h")
        return good, "composable/, std, boost/pfr"
    first = name.split("/")[0] if "/" in name else ""
    if layer != "host":
        return first not in HOST or local, "composable/, own files, own libraries"
    if first == "composable":
        good = name.startswith("composable/abi/")
        return good, "composable/abi/"
    if first in HOST:
        rights = [folder, *HOST.get(folder, [])]
        if folder not in EVERYBODY:
            rights += EVERYBODY
        elif folder == "observe":
            rights += ["runtime"]
        return first in rights or "*" in rights, ", ".join(sorted(r for r in rights if r != folder))
    return True, ""


def faults(root):
    for top in ("host", "sdk", "plugins", "examples"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in SOURCES or not path.is_file():
                continue
            relative = path.relative_to(root)
            place = place_of(relative)
            if place.startswith("host/") and place.split("/")[1] not in HOST:
                yield f"{relative}:1: the layers know no folder {place}"
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                if not found:
                    continue
                local = found[1] == '"' and (path.parent / found[2]).exists()
                good, instead = allowed(str(relative), place, found[2], local)
                if not good:
                    shown = f'"{found[2]}"' if found[1] == '"' else f"<{found[2]}>"
                    yield f"{relative}:{number}: {place} may not include {shown} (allowed: {instead})"


def sees(root, header, within):
    """The files of host/ outside of the folder `within` that include `header` over whatever many
    others, each with the file that it comes by."""
    includes = {}
    for path in (root / "host").rglob("*"):
        if path.suffix in SOURCES and path.is_file():
            lines = path.read_text().splitlines()
            includes[str(path.relative_to(root / "host"))] = [
                found[2] for found in map(INCLUDE.match, lines) if found]
    carriers, grew = {header}, True
    while grew:
        new = {name for name, named in includes.items()
               if name not in carriers and carriers.intersection(named)}
        carriers |= new
        grew = bool(new)
    for name in sorted(carriers - {header}):
        if not name.startswith(within + "/"):
            by = sorted(carriers.intersection(includes[name]))[0]
            yield f"host/{name}:1: sees <{header}> by {by} (only host/{within} may)"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    root = parser.parse_args().root
    found = [*faults(root), *sees(root, "sqlite3.h", "events/sqlite")]
    print("\n".join(found) or "every include keeps to the layers")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
