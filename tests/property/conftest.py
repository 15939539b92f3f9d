"""How many examples the property tests try: few in every run, many with CSB_TEST_FULL."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "usual", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("full", settings.get_profile("usual"), max_examples=3000)
settings.load_profile("full" if os.environ.get("CSB_TEST_FULL") else "usual")
