#!/usr/bin/env python3
"""Makes a domain with an installed `composable new`, and does what it says then, in an empty place.

The commands are taken from its output and run as they are: configure, build, test, serve. Then the
domain must be seen by `composable check` and answer over HTTP. At the end each of these is shown to
fail when there is reason to: without the package, with a broken rule, without the plugin.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE_ROOT = HERE.parents[1]
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "CCACHE_DIR", "CCACHE_BASEDIR", "CCACHE_NOHASHDIR")
LISTENING = re.compile(r"host listening address=127\.0\.0\.1:(\d+)")


class Shell:
    """Runs commands as a reader would paste them, with the compiler that is asked for."""

    def __init__(self, options):
        language = "C" if options.c else "CXX"
        self.environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        self.environment |= {
            "CC" if options.c else "CXX": options.compiler,
            f"{language}FLAGS": "-Werror -Wshadow",
            "CMAKE_BUILD_PARALLEL_LEVEL": "2",
            "PORT": "0",
            "HOST": "127.0.0.1",
        }
        if options.launcher:
            self.environment[f"CMAKE_{language}_COMPILER_LAUNCHER"] = options.launcher
        self.directory = options.work

    def run(self, command, fails=False):
        done = subprocess.run(["bash", "-ec", command], cwd=self.directory, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if (done.returncode != 0) != fails:
            sys.exit(f"{command}\n{done.stdout}ended with {done.returncode}")
        return done.stdout

    def serve(self, command):
        """The host that `command` starts, once it is ready, and its origin."""
        host = subprocess.Popen(["bash", "-ec", f"exec {command}"], cwd=self.directory,
                                env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        log = ""
        for line in host.stderr:
            log += line
            found = LISTENING.search(line)
            if found:
                origin = f"http://127.0.0.1:{found[1]}"
                wait_until_ready(origin)
                return host, origin
        sys.exit(f"{command}\n{log}ended with {host.wait()} before it listened")


def ask(url, body=None):
    """Status and parsed body of a GET, or of a POST of `body`."""
    request = urllib.request.Request(url, headers={"Content-Type": "application/json"},
                                     data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def wait_until_ready(origin):
    end = time.monotonic() + 60
    while ask(f"{origin}/health/ready")[0] != 200:
        if time.monotonic() > end:
            sys.exit(f"{origin} was not ready within a minute")
        time.sleep(0.02)


def expect(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: expected {expected}, found {found}")


def stop(host):
    host.terminate()
    host.stderr.close()
    expect(host.wait(60), 0, "exit code of the host after SIGTERM")


def in_readme(project):
    """The commands of the README, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", (project / "README.md").read_text(), re.DOTALL)
    return "".join(blocks).splitlines()


def check_requests(shell, serve, name):
    host, origin = shell.serve(serve)
    url = f"{origin}/api/v1/{name}"
    expect(ask(url), (200, {"total": 0}), f"GET {url}")
    expect(ask(url, {"amount": 3}), (200, {"total": 3}), f"POST {url}")
    status, refusal = ask(url, {"amount": -5})
    expect((status, refusal["code"]), (422, "OUT_OF_RANGE"), f"POST {url} of too little")
    status, refusal = ask(url, {"amount": "two"})
    expect((status, refusal["path"]), (400, "amount"), f"POST {url} of a text")
    stop(host)


def check_controls(shell, composable, project, name):
    """What was found good above is found bad when it is."""
    said = shell.run("cmake -S . -B build/alone", fails=True)
    expect("Composable" in said, True, f"the missing package is named in\n{said}")

    (project / "empty").mkdir()
    found = shell.run(f"{composable} check --plugins empty")
    expect(name in found, False, f"check sees a domain in an empty directory:\n{found}")
    host, origin = shell.serve(f"{composable} run --plugins empty")
    expect(ask(f"{origin}/api/v1/{name}")[0], 404, "status without the plugin")
    stop(host)

    source, = (file for file in project.glob("*.c*") if "_test" not in file.name)
    rule = source.read_text()
    broken = re.sub(r"total \+= (\S+);", r"total -= \1;", rule)
    expect(broken != rule, True, "the rule to break is there")
    source.write_text(broken)
    shell.run("cmake --build --preset dev")
    said = shell.run("ctest --preset dev", fails=True)
    expect("tests failed" in said, True, f"the broken rule is seen by\n{said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True, type=Path, help="where the package was installed")
    parser.add_argument("--work", required=True, type=Path, help="a directory to be emptied")
    parser.add_argument("--name", required=True, help="of the domain")
    parser.add_argument("--c", action="store_true")
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--launcher", default="")
    parser.add_argument("--all-presets", action="store_true", help="debug and asan too")
    options = parser.parse_args()

    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    composable = options.prefix / "bin/composable"
    shell = Shell(options)
    printed = shell.run(f"{composable} new domain {options.name}" + (" --c" if options.c else ""))
    commands = [line.strip() for line in printed.splitlines() if line.startswith("  ")]
    enter, configure, build, test, serve = commands
    project = shell.directory = options.work / enter.removeprefix("cd ")

    plain = [line.replace(f" -DCMAKE_PREFIX_PATH={options.prefix}", "").replace(
        str(composable), "composable") for line in commands[1:]]
    expect(in_readme(project)[:4], plain, "commands of the README")

    if not options.c:
        shell.run(f"clang-format --style=file:{SOURCE_ROOT}/.clang-format --dry-run --Werror "
                  "*.hpp *.cpp")

    for command in (configure, build, test):
        shell.run(command)
    tree = (project / "build/dev/compile_commands.json").read_text()
    if str(SOURCE_ROOT / "sdk") in tree:
        sys.exit(f"the package leads back to the tree:\n{tree}")
    plugins = project / "build/dev/plugins"
    expect([file.name for file in plugins.iterdir()], [f"{options.name}.so"], "plugins")
    print(shell.run(f"{sys.executable} {HERE / 'check_plugin_file.py'} "
                    f"{plugins / options.name}.so --domain {options.name}"))
    seen = shell.run(f"{composable} check --plugins build/dev/plugins")
    expect(bool(re.match(rf"ok +{options.name} +0\.1\.0 ", seen)), True, f"check sees it:\n{seen}")
    check_requests(shell, serve, options.name)
    shell.run("cmake --install build/dev --prefix installed")
    expect([file.name for file in (project / "installed/lib/composable/plugins").iterdir()],
           [f"{options.name}.so"], "installed plugins")
    if options.all_presets:
        for preset in ("debug", "asan"):
            for command in (configure, build, test):
                shell.run(command.replace("--preset dev", f"--preset {preset}"))
        seen = shell.run(f"{composable} check --plugins build/debug/plugins")
        expect(bool(re.match(rf"ok +{options.name} +0\.1\.0 ", seen)), True, f"a debug build:\n{seen}")
        flags = (project / "build/debug/compile_commands.json").read_text()
        if "-O2" in flags or ("-D_GLIBCXX_ASSERTIONS" in flags) == options.c:
            sys.exit(f"the preset debug compiles with\n{flags}")
    check_controls(shell, composable, project, options.name)


if __name__ == "__main__":
    main()
