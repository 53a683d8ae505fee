#!/usr/bin/env python3
"""Checks an installed unit file: the program it starts, its times against the host's defaults, and,
where systemd-analyze is installed, what systemd itself says of it.

usage: check_unit.py UNIT
"""
import configparser
import json
import shutil
import subprocess
import sys
from pathlib import Path


def settings_of(program):
    shown = subprocess.run([program, "config", "--json"], capture_output=True, text=True, env={},
                           check=True).stdout
    return {one["key"]: one["value"] for one in json.loads(shown)["settings"]}


def faults(unit):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(unit.read_text())
    service = parser["Service"]
    program = Path(service["ExecStart"].split()[0])
    if not program.is_file():
        yield f"ExecStart: there is no {program}"
        return
    settings = settings_of(program)
    stop_ms = int(service["TimeoutStopSec"]) * 1000
    if stop_ms <= settings["drain.timeout_ms"] + 5000:
        yield f"TimeoutStopSec: {stop_ms} ms do not leave time to drain"
    starts = int(parser["Unit"]["StartLimitBurst"])
    if starts <= 2 * settings["crashes.limit"]:
        yield f"StartLimitBurst: {starts} starts do not set two plugins aside"
    if service["Restart"] != "on-failure":
        yield "Restart: a crash would be the end"
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        print("systemd-analyze is not installed; its verdict is left out")
        return
    verdict = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True,
                             text=True)
    said = verdict.stdout + verdict.stderr
    if verdict.returncode != 0 or said.strip():
        yield f"systemd-analyze verify: exit {verdict.returncode}\n{said}"


def main():
    found = list(faults(Path(sys.argv[1])))
    print("\n".join(found) or "the unit is sound")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
