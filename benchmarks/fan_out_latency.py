#!/usr/bin/env python3
"""How long a POST and an event take while events go to many sockets.

Two loads on the orders domain, in memory, one loop: 40 orders a second to 9,900 sockets, and 64
clients that post as fast as they are answered, to 1,000 sockets. With --before, another build of the
host is measured in the same rounds, and ratios are printed: after / before.

  fan_out_latency.py --build build/release
  fan_out_latency.py --build build/release --before OTHER/build/release
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

from http_end_to_end import Server

LOADS = {
    "40/s to 9,900": ["--sockets", "9900", "--rate", "40"],
    "64 posters to 1,000": ["--sockets", "1000", "--posters", "64"],
}
FIGURES = ["post_p50_ms", "post_p99_ms", "posts_per_second", "deliveries_per_second",
           "delivery_p50_ms", "delivery_p99_ms"]


def measure(args, build, load):
    server = Server(f"{build}/bin/composable run --plugins {build}/plugins --no-watch "
                    f"--config {args.config.name} --data-dir {{dir}} --listen 127.0.0.1:{{port}}",
                    args.server_core)
    try:
        command = ["taskset", "-c", args.client_core, f"{args.build}/bin/socket_load", "--port",
                   str(server.port), "--seconds", str(args.seconds), *load]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default="build/release")
    parser.add_argument("--before", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--server-core", default="0")
    parser.add_argument("--client-core", default="1")
    args = parser.parse_args()
    args.config = tempfile.NamedTemporaryFile("w", suffix=".json")
    json.dump({"database_url": "memory:", "threads": 1, "workers": 1}, args.config)
    args.config.flush()
    builds = {"now": args.build} | ({"before": args.before} if args.before else {})

    for name, load in LOADS.items():
        rounds = {which: [] for which in builds}
        for number in range(args.rounds):
            for which in list(builds)[::1 if number % 2 == 0 else -1]:
                rounds[which].append(measure(args, builds[which], load))
        print(f"{name}:")
        for figure in FIGURES:
            medians = {which: statistics.median(one[figure] for one in all_rounds)
                       for which, all_rounds in rounds.items()}
            line = f"  {figure:22}" + "".join(f" {which} {value:12,.3f}"
                                              for which, value in medians.items())
            if args.before:
                ratio = statistics.median(
                    now[figure] / max(then[figure], 1e-9)
                    for now, then in zip(rounds["now"], rounds["before"]))
                line += f" ratio {ratio:.2f}"
            print(line)
        for which, all_rounds in rounds.items():
            bad = sum(one["failed"] + one["gaps"] for one in all_rounds)
            if bad:
                print(f"  {which}: {bad} posts failed or gaps were reported")


if __name__ == "__main__":
    main()
