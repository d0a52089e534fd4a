"""How much hypothesis tries: little and always the same, or ten times as much and always new."""

import os

from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("soak", deadline=None, max_examples=1000, database=None, print_blob=True)
settings.load_profile(os.environ.get("MOTORHAND_HYPOTHESIS_PROFILE", "default"))

collect_ignore_glob = ["*.yaml"]  # scenarios that tests fly, not tests
