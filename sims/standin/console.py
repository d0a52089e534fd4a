"""The console: lines as PX4 prints them."""

import sys


def tell(module: str, text: str, level: str = "INFO") -> None:
    """Print a line at once: somebody may be waiting for it."""
    sys.stdout.write(f"{level:5} [{module}] {text}\n")
    sys.stdout.flush()
