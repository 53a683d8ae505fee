#!/usr/bin/env python3
"""Small pages, good and bad, and what check_snippets.py says of them."""
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


class CheckSnippets(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="snippets-"))
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "docs").mkdir()
        (self.root / "a.c").write_text("int f(void) {\n  if (1) {\n    return 2;\n  }\n}\n")

    def check(self, page):
        (self.root / "docs/page.md").write_text(page)
        done = subprocess.run([sys.executable, HERE / "check_snippets.py", "--root", self.root],
                              capture_output=True, text=True)
        return done.returncode, done.stdout

    def test_a_quotation_passes_at_any_indentation(self):
        for block in ("int f(void) {", "if (1) {\n  return 2;\n}", "  if (1) {\n    return 2;\n  }"):
            code, _ = self.check(f"text\n\n<!-- file: a.c -->\n\n```c\n{block}\n```\n")
            self.assertEqual(code, 0, block)

    def test_a_changed_quotation_fails(self):
        for block in ("int f(void);", "if (1) {\nreturn 2;\n}", "int f(void) {\n  return 2;"):
            code, output = self.check(f"<!-- file: a.c -->\n```c\n{block}\n```\n")
            self.assertEqual(code, 1, block)
            self.assertIn("docs/page.md:2: the block that begins with", output)
            self.assertIn("is not in a.c; quote it as it is now", output)

    def test_code_without_a_marker_fails(self):
        code, output = self.check("<!-- file: a.c -->\ntext between\n```c\nint f(void) {\n```\n")
        self.assertEqual(code, 1)
        self.assertIn("docs/page.md:3: a block of c is not quoted", output)

    def test_a_template_is_quoted_as_it_is_filled(self):
        (self.root / "sdk/templates").mkdir(parents=True)
        (self.root / "sdk/templates/@file@.c").write_text("int @Domain@;  // @domain@\n")
        page = "<!-- file: sdk/templates/@file@.c -->\n```c\n{}\n```\n"
        self.assertEqual(self.check(page.format("int Shop;  // shop"))[0], 0)
        self.assertEqual(self.check(page.format("int @Domain@;  // @domain@"))[0], 1)

    def test_a_marker_serves_one_block(self):
        code, output = self.check(
            "<!-- file: a.c -->\n```c\nint f(void) {\n```\n```c\nint f(void) {\n```\n")
        self.assertEqual(code, 1)
        self.assertIn("docs/page.md:5: a block of c is not quoted", output)

    def test_a_missing_file_fails(self):
        code, output = self.check("<!-- file: b.c -->\n```c\nx\n```\n")
        self.assertEqual(code, 1)
        self.assertIn("quotes b.c, which does not exist", output)

    def test_an_empty_block_of_code_fails(self):
        code, output = self.check("<!-- file: a.c -->\n```c\n```\n")
        self.assertEqual(code, 1)
        self.assertIn("docs/page.md:2: a block of c is empty", output)

    def test_other_languages_are_counted(self):
        code, output = self.check("```sh\nls\n```\n\n```\n{}\n```\n")
        self.assertEqual(code, 0)
        self.assertIn("0 blocks of code are quoted, 2 of other languages", output)


if __name__ == "__main__":
    unittest.main()
