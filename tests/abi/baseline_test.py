#!/usr/bin/env python3
"""Changes a copy of the ABI headers and looks whether the baseline notices."""
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "sdk/include"


class Baseline(unittest.TestCase):
    def setUp(self):
        self.include = Path(tempfile.mkdtemp(prefix="abi-"))
        self.addCleanup(shutil.rmtree, self.include)
        shutil.copytree(INCLUDE / "composable/abi", self.include / "composable/abi")

    def change(self, header, before, after):
        path = self.include / "composable/abi" / header
        text = path.read_text()
        self.assertEqual(text.count(before), 1, f"{header} has no single {before!r}")
        path.write_text(text.replace(before, after))

    def compare(self):
        done = subprocess.run([sys.executable, HERE / "baseline.py", "check", "--include",
                               self.include], capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def layout(self):
        return subprocess.run(["gcc", "-std=c11", "-fsyntax-only", f"-I{self.include}",
                               HERE / "layout.c"], capture_output=True, text=True)

    def test_an_unchanged_copy_and_a_new_comment_pass(self):
        self.change("context.h", "#define COMPOSABLE_CONTEXT_REPLAYING",
                    "/* a comment */\n#define COMPOSABLE_CONTEXT_REPLAYING")
        self.assertEqual(self.compare(), (0, ""))
        self.assertEqual(self.layout().returncode, 0)

    def test_an_inserted_field_fails(self):
        self.change("context.h", "  uint64_t version; ", "  uint64_t inserted;\n  uint64_t version; ")
        code, output = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("'uint64_t inserted'", output)
        self.assertIn("+ OFFSET(composable_context, inserted, 16)", output)
        self.assertIn("run tests/abi/renew_baseline", output)
        self.assertIn("offset of version in composable_context", self.layout().stderr)

    def test_a_changed_type_of_the_same_size_fails(self):
        self.change("context.h", "int64_t recorded_at_us", "uint64_t recorded_at_us")
        code, output = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("recorded_at_us", output)

    def test_a_changed_function_signature_fails(self):
        self.change("jobs.h", "int32_t (*cancelled)(composable_job_context*)",
                    "int32_t (*cancelled)(composable_job_context*, uint32_t why)")
        code, output = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("cancelled", output)

    def test_a_renamed_field_fails(self):
        self.change("effects.h", "uint64_t expected_version;", "uint64_t wanted_version;")
        code, output = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("- OFFSET(composable_append, expected_version, 8)", output)

    def test_a_renumbered_constant_fails(self):
        self.change("status.h", "COMPOSABLE_E_GONE ((composable_status)-8)",
                    "COMPOSABLE_E_GONE ((composable_status)-9)")
        code, output = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("- VALUE(COMPOSABLE_E_GONE, -8)", output)
        self.assertIn("value of COMPOSABLE_E_GONE", self.layout().stderr)

    def test_a_renamed_extension_fails(self):
        self.change("jobs.h", '"composable.jobs/1"', '"composable.jobs/2"')
        code, output = self.compare()
        self.assertEqual(code, 1)
        self.assertIn('+ TEXT(COMPOSABLE_JOBS_EXTENSION, "composable.jobs/2")', output)

    def test_a_new_version_asks_for_a_baseline_of_its_own(self):
        self.change("version.h", "COMPOSABLE_ABI_MINOR 0", "COMPOSABLE_ABI_MINOR 77")
        code, output = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("tests/abi/baseline/v1.77.abi, which is missing", output)


if __name__ == "__main__":
    unittest.main()
