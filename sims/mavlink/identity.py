"""Who answers: a PX4 of which version, or the stand-in; told in manifest and report."""

from typing import Any, Final

from sims.mavlink.locate import Installation
from sims.plant import PlantError
from sims.standin.identity import is_standin

LEAST: Final = (1, 14, 0)
"""Oldest PX4 that is taken; 1.17 is what was flown."""
_KINDS: Final = ((255, ""), (192, "-rc"), (128, "-beta"), (64, "-alpha"), (0, "-dev"))


class WrongAutopilotError(PlantError):
    """What answers is not what was to be flown."""


def identify(version: Any, installation: Installation, instance: int) -> dict[str, Any]:
    """What AUTOPILOT_VERSION says, for the manifest.

    Args:
        version: The message.
        installation: What was started.
        instance: Its number.

    Raises:
        WrongAutopilotError: It is too old, or not what the scenario asks for.
    """
    number = version.flight_sw_version
    release = number >> 24, number >> 16 & 0xFF, number >> 8 & 0xFF
    kind = next(name for least, name in _KINDS if number & 0xFF >= least)
    custom = bytes(version.flight_custom_version)
    stands_in = is_standin(custom, version.vendor_id)
    if stands_in != (installation.server == "standin"):
        heard, wanted = ("the stand-in", "a real PX4") if stands_in else ("no stand-in", "one")
        raise WrongAutopilotError(
            f"{heard} answers, and {wanted} was started: something else is on its ports"
        )
    text = "{}.{}.{}".format(*release) + kind
    if release < LEAST:
        raise WrongAutopilotError(
            f"PX4 {text} answers; the oldest that is taken here is {LEAST[0]}.{LEAST[1]}"
        )
    name = "the stand-in autopilot" if stands_in else f"PX4 {text}"
    return {
        "autopilot": name,
        "server": installation.server,
        "instance": instance,
        "version": text,
        "firmware": custom[::-1].hex() if not stands_in else custom.rstrip(b"\0").decode(),
        "program": installation.where,
    }
