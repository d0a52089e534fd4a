"""How much hypothesis tries: little and always the same, or ten times as much and always new.

Signals that a shell ignores for what it starts in the background reach what tests start.
"""

import os
import signal

from hypothesis import settings

for _number, _heeded in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGQUIT, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _heeded)

settings.register_profile("default", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("soak", deadline=None, max_examples=1000, database=None, print_blob=True)
settings.load_profile(os.environ.get("MOTORHAND_HYPOTHESIS_PROFILE", "default"))

collect_ignore_glob = ["*.yaml"]  # scenarios that tests fly, not tests
