"""Change one number of the code at a time, and list those whose change no test notices.

mutmut changes what is inside functions alone; limits, shares and weights stand at the top of
modules. Each number is changed up and down, in a copy of the tree, and the unit tests of its
package run: `python -m benchmarks.mutants.constants archive/text pipelines/extract`.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGES = ("archive/text", "archive/warc", "archive/search", "archive/index", "pipelines/extract")
COPIED = ("archive", "pipelines", "crawler", "kliping", "tests", "benchmarks", "pyproject.toml")
TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Change:
    """Another number in the place of one at the top of a module."""

    path: Path
    name: str
    line: int
    begin: int
    end: int
    """Its first column, and the one behind its last, in bytes."""
    other: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.name} -> {self.other}"

    def apply(self, source: bytes) -> bytes:
        """Return the source of the module with the other number."""
        lines = source.splitlines(keepends=True)
        line = lines[self.line - 1]
        lines[self.line - 1] = line[: self.begin] + self.other.encode() + line[self.end :]
        return b"".join(lines)


def changes_of(path: Path) -> Iterator[Change]:
    """Yield two changes, up and down, for each number of a module's constants."""
    for statement in ast.parse(path.read_bytes()).body:
        match statement:
            case ast.Assign(targets=[target], value=value):
                pass
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pass
            case _:
                continue
        for number in _numbers(value):
            assert number.end_col_offset is not None
            place = (number.lineno, number.col_offset, number.end_col_offset)
            for other in _others(ast.literal_eval(number)):
                yield Change(path, ast.unparse(target), *place, repr(other))


def _numbers(value: ast.expr) -> Iterator[ast.expr]:
    """Yield the numbers of a constant: it alone, those of a tuple or of the values of a dict."""
    match value:
        case ast.Constant(value=int() | float()) if not isinstance(value.value, bool):
            yield value
        case ast.Tuple(elts=elements) | ast.Dict(values=elements):
            for element in elements:
                yield from _numbers(element)
        case ast.BinOp(left=left):  # `256 * 1024 * 1024`, `1 << 20`
            yield from _numbers(left)


def _others(number: float) -> tuple[float, float]:
    if isinstance(number, int):
        return number - 1, number + 1
    return round(number * 0.9, 9), round(number * 1.1, 9)


def tests_of(path: Path) -> list[list[str]]:
    """Return the unit tests of a module's package, in two runs: the likeliest, and all others."""
    folder = Path("tests/unit") / path.parent
    likely = [folder / "test_limits.py", folder / f"test_{path.stem}.py"]
    first = [str(test) for test in likely if test.exists()]
    others = [str(test) for test in sorted(folder.glob("test_*.py")) if str(test) not in first]
    return [run for run in (first, others) if run]


def is_noticed(change: Change, tree: Path) -> bool:
    """Return whether a test fails when a number is another one."""
    source = change.path.read_bytes()
    (tree / change.path).write_bytes(change.apply(source))
    try:
        return any(_fails(tests, tree) for tests in tests_of(change.path))
    finally:
        (tree / change.path).write_bytes(source)


def _fails(tests: list[str], tree: Path) -> bool:
    arguments = ["-x", "-q", "-k", "not postgresql", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=tree,
            env=environment,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    if done.returncode not in (0, 1, 2):  # passed, failed, or could not even be imported
        sys.exit(done.stdout.decode())
    return done.returncode != 0


def copy_tree(tree: Path) -> None:
    """Copy what the tests need."""
    for name in COPIED:
        if Path(name).is_dir():
            shutil.copytree(name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(name, tree / name)


def main() -> None:
    """Print each change and whether it is noticed, and in the end how many are not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", default=PACKAGES, help="packages or modules")
    paths = [Path(path) for path in parser.parse_args().paths]
    modules = [
        module for path in paths for module in ([path] if path.is_file() else path.glob("*.py"))
    ]
    changes = [change for module in sorted(modules) for change in changes_of(module)]
    survivors = 0
    with TemporaryDirectory() as folder:
        copy_tree(Path(folder))
        for change in changes:
            noticed = is_noticed(change, Path(folder))
            survivors += not noticed
            print("noticed " if noticed else "SURVIVED", change, flush=True)
    print(f"{len(changes) - survivors} of {len(changes)} changes are noticed.")


if __name__ == "__main__":
    main()
