import os
import re
import tempfile
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
ROOT = FOLDER.parent.parent.parent


class ReadmeTest(unittest.TestCase):
    def test_the_example_runs_as_written_and_restores_missing_rows(self):
        example = re.search(
            r"```python\n(.*?)```", (FOLDER / "README.md").read_text(encoding="utf-8"), re.DOTALL
        ).group(1)
        names = {}
        before = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            for part in ("tools", "models"):
                os.symlink(ROOT / part, Path(folder) / part)
            os.chdir(folder)  # the example writes to the current folder
            try:
                exec(compile(example, "README.md", "exec"), names)
                self.assertTrue(Path("episode.kanerva").is_file())
            finally:
                os.chdir(before)
        found = names["recall"].lookups[-1].samples
        self.assertGreaterEqual(int((found[0] == range(32)).sum()), 26)
        self.assertEqual(names["dream"].images.shape, (1, 16, 1, 28, 28))
        self.assertEqual(names["score"].negative_bound.shape, (1, 32))


if __name__ == "__main__":
    unittest.main()
