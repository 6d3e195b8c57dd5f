"""The name `extract` is a function and a package at once; both ways in must work."""

import subprocess
import sys

import pytest

WAYS = {
    "function from the package": "from pipelines import extract; assert callable(extract)",
    "attribute after import": "import pipelines; assert callable(pipelines.extract)",
    "step of the package": "from pipelines.extract.text import clean_line; clean_line('')",
    "step first, then function": (
        "from pipelines.extract.text import clean_line; import pipelines; "
        "assert callable(pipelines.extract)"
    ),
    "step after the function": (
        "import pipelines; import pipelines.extract.text; assert callable(pipelines.extract)"
    ),
    "pickled for a worker": (
        "import pickle; from pipelines import extract; "
        "assert pickle.loads(pickle.dumps(extract)) is extract"
    ),
    "nothing heavy at import": "import sys, pipelines; assert 'trafilatura' not in sys.modules",
}


@pytest.mark.parametrize("code", WAYS.values(), ids=WAYS)
def test_name_works_in_a_fresh_interpreter(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
