"""How many: all of them in a soak, a tenth of them otherwise."""

import os
import sys


def of_the_whole(count):
    """A count, or a tenth of it; every soak draws anew, and prints its seed."""
    return count if soaking() else count // 10


def soaking():
    return os.environ.get("MOTORHAND_HYPOTHESIS_PROFILE") == "soak"


def seed():
    found = int.from_bytes(os.urandom(4)) if soaking() else 20
    sys.stdout.write(f"seed {found}\n")
    return found
