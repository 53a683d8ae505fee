#!/usr/bin/env python3
"""What it costs that everybody wants the same stream.

64 clients that append to one stream, against 64 clients that append to one stream each, on the
durable domain of the tests (box_office). Rounds are interleaved and medians are printed, because
absolute figures of a shared machine mean little; the ratio is the median of the rounds' ratios.

  hot_stream.py --build build/release
  hot_stream.py --build build/release --min-ratio 0.8      exit 1 below it
"""
import argparse
import pathlib
import statistics
import sys

from http_end_to_end import Server, measure

TOUCH = "/api/v1/box_office/touch/"
KINDS = {"one stream": TOUCH + "hot", "own streams": TOUCH + "place-{connection}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default="build/release")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--requests", type=int, default=5000, help="of one run")
    parser.add_argument("--warmup", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--server-core", default="0", help="or several: 0,2")
    parser.add_argument("--client-core", default="1")
    parser.add_argument("--min-ratio", type=float, default=0)
    args = parser.parse_args()
    args.bin = args.build / "bin"
    plugins = args.build / "tests/fixture_plugins/box_office"

    server = Server(f"{args.bin}/composable run --plugins {plugins} --no-watch --data-dir {{dir}} "
                    "--listen 127.0.0.1:{port}", args.server_core)
    rates = {kind: [] for kind in KINDS}
    try:
        for number in range(args.rounds):
            for kind in list(KINDS)[::1 if number % 2 == 0 else -1]:
                figures = measure(args, server, KINDS[kind], None, 1,
                                  ["--method", "POST", "--warmup", str(args.warmup)])
                rates[kind].append(figures["requests_per_second"])
    finally:
        server.stop()

    for kind in KINDS:
        print(f"{kind:12} {statistics.median(rates[kind]):9,.0f} appends/s  "
              f"rounds {' '.join(f'{rate:,.0f}' for rate in rates[kind])}")
    hot, own = rates.values()
    ratios = [one / other for one, other in zip(hot, own)]
    ratio = statistics.median(ratios)
    print(f"{'ratio':12} {ratio:9.2f}            rounds {' '.join(f'{r:.2f}' for r in ratios)}")
    if ratio < args.min_ratio:
        sys.exit(f"below {args.min_ratio}")


if __name__ == "__main__":
    main()
