"""How many examples Hypothesis tries of a property: few in `make test`, all in `make test-all`."""

from __future__ import annotations

from hypothesis import settings

FULL = 100
"""Examples of a property that names no number, in the profile `full`."""
QUICK = 20
"""The same in the profile `quick`."""
FEWEST = 5


def register_profiles() -> None:
    """Make the profiles known, and load `quick`; `--hypothesis-profile full` loads the other."""
    # A test that fails where the machine is busy tells nothing; speed is measured in benchmarks/.
    settings.register_profile("full", deadline=None, max_examples=FULL)
    settings.register_profile("quick", deadline=None, max_examples=QUICK)
    settings.load_profile("quick")


def examples(full: int) -> int:
    """The number of examples to try in the profile in use of a property worth `full` of them."""
    return max(min(full, FEWEST), full * settings().max_examples // FULL)
