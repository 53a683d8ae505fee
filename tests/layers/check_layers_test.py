#!/usr/bin/env python3
"""Plants forbidden and allowed includes in a copy of the tree and looks at what is said."""
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class CheckLayers(unittest.TestCase):
    def setUp(self):
        self.copy = Path(tempfile.mkdtemp(prefix="layers-"))
        self.addCleanup(shutil.rmtree, self.copy)
        for top in ("host", "sdk"):
            shutil.copytree(ROOT / top, self.copy / top)

    def check_with(self, file, include):
        """Exit code and output after `file` was made with one #include."""
        path = self.copy / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#pragma once\n#include {include}\n")
        done = subprocess.run([sys.executable, HERE / "check_layers.py", "--root", self.copy],
                              capture_output=True, text=True)
        return done.returncode, done.stdout

    def assert_refused(self, file, include, message):
        code, output = self.check_with(file, include)
        self.assertEqual(code, 1)
        self.assertIn(f"{file}:2: {message}\n", output)

    def assert_taken(self, file, include):
        _, output = self.check_with(file, include)
        self.assertNotIn(f"{file}:2:", output)

    def test_bus_may_not_reach_up_to_store(self):
        self.assert_refused(
            "host/bus/planted.hpp", '"store/store.hpp"',
            'host/bus may not include "store/store.hpp" (allowed: observe, runtime)')

    def test_store_may_use_bus_but_not_net(self):
        self.assert_taken("host/store/planted.hpp", '"bus/broadcast.hpp"')
        self.assert_refused("host/store/planted.hpp", '"net/asio.hpp"',
                            'host/store may not include "net/asio.hpp" '
                            "(allowed: bus, domain, events, observe, runtime)")

    def test_net_may_not_reach_past_http_to_store(self):
        self.assert_taken("host/net/planted.hpp", '"runtime/refusal.hpp"')
        self.assert_refused("host/net/planted.hpp", '"store/store.hpp"',
                            'host/net may not include "store/store.hpp" '
                            "(allowed: bus, fanout, http, observe, runtime, ws)")

    def test_asio_stays_in_net(self):
        self.assert_taken("host/net/planted.hpp", "<boost/asio/ip/tcp.hpp>")
        self.assert_refused("host/http/planted.hpp", "<boost/asio.hpp>",
                            "host/http may not include <boost/asio.hpp> (allowed: only host/net may)")

    def test_boost_dll_stays_in_plugin(self):
        self.assert_refused("host/app/planted.hpp", "<boost/dll.hpp>",
                            "host/app may not include <boost/dll.hpp> "
                            "(allowed: only host/plugin may)")

    def test_rapidjson_stays_in_the_codec(self):
        self.assert_taken("sdk/src/planted.hpp", "<rapidjson/reader.h>")
        self.assert_refused("host/http/planted.hpp", "<rapidjson/reader.h>",
                            "host/http may not include <rapidjson/reader.h> "
                            "(allowed: only sdk/src, host/config may)")

    def test_sqlite_stays_in_its_store(self):
        self.assert_taken("host/events/sqlite/planted.hpp", "<sqlite3.h>")
        for place in ("host/events", "host/events/memory", "host/store"):
            self.assert_refused(f"{place}/planted.hpp", "<sqlite3.h>",
                                f"{place} may not include <sqlite3.h> "
                                "(allowed: only host/events/sqlite may)")

    def test_a_kind_of_store_is_known_to_who_opens_it_only(self):
        only = "(allowed: only host/events/sqlite, and the code that opens it)"
        self.assert_taken("host/events/open_event_store.cpp", '"events/sqlite/open.hpp"')
        self.assert_taken("host/events/sqlite/planted.hpp", '"events/append_rules.hpp"')
        for place in ("host/events", "host/events/memory", "host/store", "host/app"):
            self.assert_refused(f"{place}/planted.hpp", '"events/sqlite/open.hpp"',
                                f'{place} may not include "events/sqlite/open.hpp" {only}')
        self.assert_refused("host/events/open_event_store.cpp", '"events/sqlite/writer.hpp"',
                            f'host/events may not include "events/sqlite/writer.hpp" {only}')

    def test_what_brings_sqlite_along_is_seen(self):
        # The header that all may include has SQLite behind it now.
        code, output = self.check_with("host/events/sqlite/open.hpp",
                                       '"events/sqlite/connection.hpp"')
        self.assertEqual(code, 1)
        self.assertIn("host/events/open_event_store.cpp:1: sees <sqlite3.h> by "
                      "events/sqlite/open.hpp (only host/events/sqlite may)\n", output)

    def test_the_host_sees_the_abi_and_nothing_else_of_the_sdk(self):
        self.assert_taken("host/domain/planted.hpp", '"composable/abi/domain.h"')
        self.assert_refused("host/store/planted.hpp", '"composable/json.hpp"',
                            'host/store may not include "composable/json.hpp" '
                            "(allowed: composable/abi/)")

    def test_the_abi_needs_two_headers(self):
        self.assert_refused("sdk/include/composable/abi/planted.h", "<stdbool.h>",
                            "sdk/abi may not include <stdbool.h> "
                            "(allowed: composable/abi/, stddef.h, stdint.h)")

    def test_public_sdk_headers_are_std_and_pfr(self):
        self.assert_taken("sdk/include/composable/planted.hpp", "<boost/pfr/core.hpp>")
        self.assert_taken("sdk/include/composable/planted.hpp", "<variant>")
        self.assert_refused("sdk/include/composable/planted.hpp", '"absl/status/status.h"',
                            'sdk/include may not include "absl/status/status.h" '
                            "(allowed: composable/, std, boost/pfr)")

    def test_plugins_see_no_host(self):
        self.assert_taken("plugins/orders/planted.hpp", '"composable/plugin.hpp"')
        self.assert_refused("plugins/orders/planted.hpp", '"store/store.hpp"',
                            'plugins/orders may not include "store/store.hpp" '
                            "(allowed: composable/, own files, own libraries)")

    def test_a_folder_that_the_layers_do_not_know_is_refused(self):
        code, output = self.check_with("host/utils/planted.hpp", "<vector>")
        self.assertEqual(code, 1)
        self.assertIn("host/utils/planted.hpp:1: the layers know no folder host/utils\n", output)


if __name__ == "__main__":
    unittest.main()
