#!/usr/bin/env python3
"""Throughput and CPU per request of a server, as ratios to the raw-epoll floor.

Both servers run pinned to one core and the load generator on another; rounds are interleaved and
the median ratio is printed, because absolute figures of a shared machine mean little.

  http_end_to_end.py --bin build/release/bin \\
      --server 'build/release/bin/http_stack --port {port}' \\
      --get /api/v1/bench/hello --post /api/v1/bench/hello --body '{"a":1}'

  http_end_to_end.py --bin build/release/bin --min-ratio 0.85 \\
      --server 'build/release/bin/composable run --plugins DIR --data-dir {dir} --listen 127.0.0.1:{port}' \\
      --get /api/v1/counter
"""
import argparse
import json
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, request):
    """The whole response, as bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        s.sendall(request)
        data = b""
        while True:
            piece = s.recv(65536)
            if not piece:
                return data
            data += piece


def request_text(port, path, body):
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n"
    return (head + "Connection: close\r\n\r\n" + (body or "")).encode()


class Server:
    def __init__(self, command, core):
        self.port = free_port()
        self.dir = tempfile.TemporaryDirectory(prefix="composable-bench-")
        words = shlex.split(command.format(port=self.port, dir=self.dir.name))
        self.process = subprocess.Popen(["taskset", "-c", str(core)] + words,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.pid = self.process.pid
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    sys.exit(f"{command}: did not start: {self.process.stderr.read().decode()}")
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.dir.cleanup()


def measure(args, server, path, body, pipeline, more=()):
    command = ["taskset", "-c", str(args.client_core), f"{args.bin}/http_load",
               "--port", str(server.port), "--path", path, "--pid", str(server.pid),
               "--connections", str(args.connections), "--requests", str(args.requests),
               "--pipeline", str(pipeline), *more]
    if body:
        command += ["--body", body]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    figures = json.loads(done.stdout)
    wrong = {k: n for k, n in figures["statuses"].items() if not k.startswith("2")}
    if wrong:
        sys.exit(f"{path}: answered {wrong}")
    return figures


def compare(args, name, path, body, pipeline):
    server = Server(args.server, args.server_core)
    reply = ask(server.port, request_text(server.port, path, body))
    size = len(reply) - len(b"Connection: close\r\n")
    floor = Server(f"{args.bin}/raw_epoll --port {{port}} --reply-bytes {size}", args.server_core)
    rates, cpus, rows = [], [], []
    try:
        for i in range(args.rounds):
            order = [server, floor] if i % 2 == 0 else [floor, server]
            figures = {s: measure(args, s, path, body, pipeline) for s in order}
            ours, base = figures[server], figures[floor]
            rows.append((ours["requests_per_second"], base["requests_per_second"]))
            rates.append(ours["requests_per_second"] / base["requests_per_second"])
            cpus.append(ours["server_cpu_us_per_request"] / base["server_cpu_us_per_request"])
    finally:
        server.stop()
        floor.stop()
    ratio, cpu = statistics.median(rates), statistics.median(cpus)
    best = max(rows)
    print(f"{name:14} rps {ratio:5.2f} of the floor  cpu/request {cpu:5.2f}x  "
          f"(reply {size} B, best round {best[0]:,} of {best[1]:,}/s, "
          f"rounds {' '.join(f'{r:.2f}' for r in rates)})", flush=True)
    return ratio


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin", help="where http_load is")
    parser.add_argument("--server", required=True, help="command line; {port} and {dir} are filled")
    parser.add_argument("--get", help="path")
    parser.add_argument("--post", help="path")
    parser.add_argument("--body", default="{}")
    parser.add_argument("--pipeline", type=int, default=0, help="also with this depth")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--requests", type=int, default=200000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--client-core", type=int, default=1)
    parser.add_argument("--min-ratio", type=float, default=0, help="exit 1 below it (not pipelined)")
    args = parser.parse_args()

    ratios = []
    if args.get:
        ratios.append(compare(args, "GET", args.get, None, 1))
        if args.pipeline:
            compare(args, f"GET x{args.pipeline}", args.get, None, args.pipeline)
    if args.post:
        ratios.append(compare(args, "POST", args.post, args.body, 1))
        if args.pipeline:
            compare(args, f"POST x{args.pipeline}", args.post, args.body, args.pipeline)
    if any(ratio < args.min_ratio for ratio in ratios):
        sys.exit(f"below {args.min_ratio} of the floor")


if __name__ == "__main__":
    main()
