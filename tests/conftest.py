from __future__ import annotations

from hypothesis import settings

# A test that fails where the machine is busy tells nothing; speed is measured in benchmarks/.
settings.register_profile("kliping", deadline=None)
settings.load_profile("kliping")
