"""``motorhand autopilot-standin``: the same program as ``python -m sims.standin``."""

from collections.abc import Sequence


def run_standin(arguments: Sequence[str]) -> int:
    """Run the stand-in autopilot until its simulator goes or SIGTERM comes.

    Args:
        arguments: Its own options.

    Returns:
        The exit code.
    """
    from sims.standin.__main__ import main

    return main(arguments, "motorhand autopilot-standin")
