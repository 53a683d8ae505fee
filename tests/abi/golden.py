#!/usr/bin/env python3
"""Builds the golden plugins against the frozen headers, in many ways, and has one host serve them all.

usage: golden.py --host BINARY --headers DIR [--work DIR]

Each build is a domain of its own. It must load, answer, reload with its state kept, and be unmapped.
What a compiler that is not installed would have built is left out, and output.
"""
import argparse
import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAP = HERE.parents[1] / "sdk/cmake/plugin.map"
PATIENCE = 60

# name: (compiler, flags). Every one with hidden symbols and the version script, as the SDK builds.
C_BUILDS = {f"c-{cc}-{level.lower()}": (cc, ["-std=c11", f"-{level}"])
            for cc in ("gcc", "clang") for level in ("O0", "O1", "O2", "O3", "Os")}
C_BUILDS |= {
    "c-gcc-lto": ("gcc", ["-std=c11", "-O2", "-flto"]),
    "c-gcc-short-enums": ("gcc", ["-std=c11", "-O2", "-fshort-enums"]),
    "c-gcc-stripped": ("gcc", ["-std=c11", "-O2", "-s"]),
}
CXX_BUILDS = {f"cxx-{short}-{level.lower()}": (cxx, ["-std=c++20", f"-{level}"])
              for short, cxx in (("gcc", "g++"), ("clang", "clang++"))
              for level in ("O0", "O1", "O2", "O3", "Os")}
CXX_BUILDS |= {
    "cxx-gcc-lto": ("g++", ["-std=c++20", "-O2", "-flto"]),
    "cxx-gcc-17": ("g++", ["-std=c++17", "-O2"]),
    "cxx-gcc-debug-mode": ("g++", ["-std=c++20", "-O2", "-D_GLIBCXX_DEBUG"]),
    "cxx-gcc-old-strings": ("g++", ["-std=c++20", "-O2", "-D_GLIBCXX_USE_CXX11_ABI=0"]),
    "cxx-clang-17": ("clang++", ["-std=c++17", "-O2"]),
}


def build(name, compiler, flags, source, headers, directory):
    gnu = ["-fno-gnu-unique"] if compiler == "g++" else []
    command = [compiler, *flags, *gnu, "-g", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared",
               "-fvisibility=hidden", f'-DGOLDEN_NAME="{name}"', f"-I{headers}", str(source),
               f"-Wl,--version-script={MAP}", "-o", str(directory / f"{name}.so.tmp")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{name}: it does not build against {headers}:\n{done.stderr}")
    (directory / f"{name}.so.tmp").rename(directory / f"{name}.so")


def build_all(headers, directory):
    built, missing = [], set()
    for builds, source in ((C_BUILDS, "golden.c"), (CXX_BUILDS, "golden.cpp")):
        for name, (compiler, flags) in builds.items():
            if shutil.which(compiler) is None:
                missing.add(compiler)
                continue
            build(name, compiler, flags, HERE / "golden" / source, headers, directory)
            built.append(name)
    for compiler in sorted(missing):
        print(f"left out: {compiler} is not installed")
    return built


class AdminConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(self.path))


class Host:
    def __init__(self, binary, plugins, data):
        self.log = open(data / "log", "w+")
        self.data = data
        self.process = subprocess.Popen(
            [binary, "run", "--plugins", plugins, "--data-dir", data, "--no-watch", "--listen",
             "127.0.0.1:0"], stderr=self.log)
        until = time.monotonic() + PATIENCE
        while not re.search(r"host ready", self.output()):
            if self.process.poll() is not None or time.monotonic() > until:
                sys.exit(f"the host does not serve:\n{self.output()}")
            time.sleep(0.05)
        self.port = int(re.search(r"host listening address=127\.0\.0\.1:(\d+)", self.output())[1])

    def output(self):
        return (self.data / "log").read_text()

    def ask(self, method, target, body=None, admin=False):
        connection = (AdminConnection(self.data / "admin.sock") if admin
                      else http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE))
        headers = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def check(host, name):
    """What is wrong with it, or nothing."""
    at = f"/api/v1/{name}"
    is_c = name.startswith("c-")
    command, state = ('{"text":"x"}', {"written": 1}) if is_c else ('{"by":7}', {"total": 7})
    steps = [(("POST", at, command), 200, state), (("GET", at), 200, state)]
    if is_c:
        steps.append((("POST", at + "/refuse", command), 422, None))
    steps += [(("POST", f"/_composable/api/domains/{name}/reload", None, True), 200, None),
              (("GET", at), 200, state)]
    for asked, status, body in steps:
        found, answer = host.ask(*asked)
        if found != status or (body is not None and answer != body):
            return f"{asked[0]} {asked[1]} answered {found} {answer}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", required=True, type=Path)
    parser.add_argument("--headers", required=True, type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        plugins, data = Path(scratch) / "plugins", Path(scratch) / "data"
        plugins.mkdir(mode=0o755)
        data.mkdir()
        names = build_all(arguments.headers.resolve(), plugins)
        host = Host(arguments.host.resolve(), plugins, data)
        faults = {name: check(host, name) for name in names}
        until = time.monotonic() + PATIENCE
        while (not any(faults.values()) and host.output().count(" unloaded ") < len(names)
               and time.monotonic() < until):
            time.sleep(0.05)
        code = host.end()
        output = host.output()
    for name, fault in faults.items():
        if fault is None and f"info {name} unloaded generation=1" not in output:
            fault = "its first generation was not unmapped"
        faults[name] = fault
        print(f"{'ok  ' if fault is None else 'FAIL'}  {name}{'' if fault is None else ': ' + fault}")
    if any(faults.values()) or code != 0:
        sys.exit(f"a golden plugin does not work; the host, which ended with {code}, output:\n{output}")
    print(f"{len(names)} golden plugins load, answer, reload and unload")


if __name__ == "__main__":
    main()
