#!/usr/bin/env python3
"""From a plugin file that was closed, or a source that was saved, to the generation that serves.

Everything is measured in turn, round for round, with what it cannot be faster than: starting a
process, starting this host, mapping and unmapping the same file. Times are medians; beside them
stands the ninth of ten.

  reload.py --build build/release
  reload.py --build build/release --compile 0        without the domain that is compiled
  reload.py --build build/release --check            exit 1 above the goals
"""
import argparse
import _ctypes
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PAUSE_US, LIVE_MS, COMPILE_MS = 100, 150, 3000  # the goals
QUIET_MS = 50  # of the watcher


class Admin(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


class Host:
    """Serves what is in `plugins`, until stop()."""

    def __init__(self, binary, plugins, data):
        self.log = open(data / "log", "w+")
        self.process = subprocess.Popen(
            [binary, "run", "--plugins", plugins, "--data-dir", data, "--listen", "127.0.0.1:0"],
            stderr=self.log)
        self.port = int(self.wait_for(r"host listening address=127\.0\.0\.1:(\d+)"))
        self.wait_for(r"host (ready)")
        self.admin = Admin(data / "admin.sock")
        self.public = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def wait_for(self, pattern):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(pattern, pathlib.Path(self.log.name).read_text())
            if found:
                return found[1]
            time.sleep(0.01)
        self.stop()
        sys.exit(f"the host does not say \"{pattern}\":\n{pathlib.Path(self.log.name).read_text()}")

    def ask(self, connection, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: answered {answer.status} {text}")
        return json.loads(text)

    def newest(self):
        return self.ask(self.admin, "GET", "/_composable/api/generations")["generations"][0]

    def live_after(self, attempt):
        """The record of the next one that is live."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            record = self.newest()
            if record["attempt"] > attempt and record["state"] not in ("canary", "loading"):
                if record["state"] != "live":
                    sys.exit(f"not live but {record}")
                return record
            time.sleep(0.002)
        sys.exit("nothing becomes live")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Times:
    """Milliseconds by name, in the order in which they were first added."""

    def __init__(self):
        self.all = {}

    def add(self, name, ms):
        self.all.setdefault(name, []).append(ms)

    def time(self, name, work):
        began = time.perf_counter()
        work()
        self.add(name, (time.perf_counter() - began) * 1000)

    def p50(self, name):
        return statistics.median(self.all[name])

    def row(self, name, beside=""):
        values = sorted(self.all[name])
        p90 = values[min(len(values) - 1, len(values) * 9 // 10)]
        print(f"{name:28} {show(self.p50(name)):>9}  {show(p90):>9}  {beside}".rstrip(), flush=True)


def show(ms):
    return f"{ms * 1000:.0f} us" if ms < 1 else f"{ms:.1f} ms"


def another_build(data, number):
    """The same code under another build id."""
    data = bytearray(data)
    for note in re.finditer(rb"\x04\0\0\0.\0\0\0\x03\0\0\0GNU\0", data, re.DOTALL):
        data[note.end():note.end() + 4] = number.to_bytes(4, "little")
        return bytes(data)
    sys.exit("the plugin has no build id")


def put(path, data):
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_bytes(data)
    unfinished.chmod(0o755)
    unfinished.rename(path)


def spawn(*command):
    nothing = (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)
    os.waitpid(os.posix_spawn(command[0], command, os.environ, file_actions=[nothing]), 0)


def map_and_unmap(path, data):
    path.write_bytes(data)
    _ctypes.dlclose(_ctypes.dlopen(str(path), os.RTLD_NOW | os.RTLD_LOCAL))
    path.unlink()


def place(host, count):
    item = {"product_id": "p", "name": "Widget", "quantity": 2, "unit_price_cents": 1000}
    for _ in range(count):
        host.ask(host.public, "POST", "/api/v1/orders", {"customer_id": "c", "items": [item]})


def measure_reload(args, scratch, times):
    plugins, data = scratch / "plugins", scratch / "data"
    plugins.mkdir()
    data.mkdir()
    file = plugins / "orders.so"
    built = (args.build / "plugins" / "orders.so").read_bytes()
    put(file, built)
    binary = str(args.build / "bin" / "composable")
    host = Host(binary, plugins, data)
    try:
        place(host, args.orders)
        for n in range(args.rounds):
            times.time("start of /bin/true", lambda: spawn("/bin/true"))
            times.time("start of composable", lambda: spawn(binary, "version"))
            times.time("copy, map and unmap", lambda: map_and_unmap(scratch / "mapped.so", built))
            before = host.newest()["attempt"]
            put(file, another_build(built, n + 1))
            renamed = time.time()
            record = host.live_after(before)
            live = (record["began_us"] + record["live_us"]) / 1000 - renamed * 1000
            times.add("file closed to live", live)
            times.add("changeover", record["live_us"] / 1000)
            for step in ("canary", "load", "evolve", "pause", "publish"):
                times.add(f"  {step}", record["steps"].get(f"{step}_us", 0) / 1000)
    finally:
        host.stop()


def measure_compile(args, scratch, times):
    """A new domain, outside of the tree, whose one source is changed."""
    prefix, data = scratch / "prefix", scratch / "compiled"
    data.mkdir()
    quiet = {"stdout": subprocess.DEVNULL, "check": True}
    for component in ("sdk", "host"):
        subprocess.run(["cmake", "--install", args.build, "--component", component,
                        "--prefix", prefix], **quiet)
    binary = prefix / "bin" / "composable"
    subprocess.run([binary, "new", "domain", "shop"], cwd=scratch, **quiet)
    project = scratch / "shop"
    without_cache = {**os.environ, "CCACHE_DISABLE": "1"}
    subprocess.run(["cmake", "--preset", "dev", f"-DCMAKE_PREFIX_PATH={prefix}"], cwd=project,
                   env=without_cache, **quiet)
    build = ["cmake", "--build", "--preset", "dev", "--target", "shop"]
    subprocess.run(build, cwd=project, env=without_cache, **quiet)
    source = project / "shop.cpp"
    text = source.read_text()
    host = Host(binary, project / "build" / "dev" / "plugins", data)
    try:
        for n in range(args.compile):
            before = host.newest()["attempt"]
            source.write_text(text.replace("s.total += e.amount;", f"s.total += e.amount + {n + 1};"))
            saved = time.time()
            subprocess.run(build, cwd=project, env=without_cache, **quiet)
            times.add("  of it compiling", (time.time() - saved) * 1000)
            record = host.live_after(before)
            times.add("source saved to live",
                      (record["began_us"] + record["live_us"]) / 1000 - saved * 1000)
    finally:
        host.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--compile", type=int, default=5, help="rounds of the compiled domain")
    parser.add_argument("--check", action="store_true", help="exit 1 above the goals")
    args = parser.parse_args()
    args.build = args.build.resolve()

    times = Times()
    with tempfile.TemporaryDirectory(prefix="composable-bench-") as directory:
        scratch = pathlib.Path(directory)
        measure_reload(args, scratch, times)
        start, mapped = times.p50("start of composable"), times.p50("copy, map and unmap")
        beside = {"file closed to live": f"goal {LIVE_MS} ms; {QUIET_MS} ms of it the quiet period",
                  "  pause": f"goal {PAUSE_US} us",
                  "  canary": f"{times.p50('  canary') / start:.1f} starts of composable",
                  "  load": f"{times.p50('  load') / mapped:.1f} times copy, map and unmap"}
        print(f"{'':28} {'p50':>9}  {'p90':>9}")
        for name in times.all:
            times.row(name, beside.get(name, ""))
        above = [times.p50("  pause") * 1000 > PAUSE_US, times.p50("file closed to live") > LIVE_MS]
        if args.compile:
            measure_compile(args, scratch, times)
            times.row("source saved to live", f"goal {COMPILE_MS} ms")
            times.row("  of it compiling")
            above.append(times.p50("source saved to live") > COMPILE_MS)
    if args.check and any(above):
        sys.exit("above a goal")


if __name__ == "__main__":
    main()
