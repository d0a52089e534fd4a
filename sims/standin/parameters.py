"""The parameters that the stand-in has, under PX4's names, with PX4's defaults."""

import math
import struct
from collections.abc import Mapping
from typing import Final

PREFIX: Final = "PX4_PARAM_"
"""An environment variable of this prefix overrides a parameter."""

REAL32, INT32 = 9, 6
"""``MAV_PARAM_TYPE`` of the two kinds of parameter."""

DEFAULTS: Final[Mapping[str, float | int]] = {
    "CA_FAILURE_MODE": 0,
    "COM_DISARM_LAND": 2.0,
    "COM_DISARM_PRFLT": 10.0,
    "COM_OBL_RC_ACT": 0,
    "COM_OF_LOSS_T": 1.0,
    "COM_SPOOLUP_TIME": 1.0,
    "EKF2_NOAID_TOUT": 5_000_000,
    "MAV_SYS_ID": 1,
    "MC_PITCHRATE_D": 0.003,
    "MC_PITCHRATE_I": 0.2,
    "MC_PITCHRATE_P": 0.15,
    "MC_PITCH_P": 6.5,
    "MC_ROLLRATE_D": 0.003,
    "MC_ROLLRATE_I": 0.2,
    "MC_ROLLRATE_P": 0.15,
    "MC_ROLL_P": 6.5,
    "MC_YAWRATE_I": 0.1,
    "MC_YAWRATE_P": 0.2,
    "MC_YAW_P": 2.8,
    "MIS_TAKEOFF_ALT": 2.5,
    "MPC_LAND_SPEED": 0.7,
    "MPC_THR_HOVER": 0.5,
    "MPC_THR_MAX": 1.0,
    "MPC_THR_MIN": 0.12,
    "MPC_TILTMAX_AIR": 45.0,
    "MPC_TKO_RAMP_T": 3.0,
    "MPC_TKO_SPEED": 1.5,
    "MPC_USE_HTE": 1,
    "MPC_XY_P": 0.95,
    "MPC_XY_VEL_D_ACC": 0.2,
    "MPC_XY_VEL_I_ACC": 0.4,
    "MPC_XY_VEL_MAX": 12.0,
    "MPC_XY_VEL_P_ACC": 1.8,
    "MPC_Z_P": 1.0,
    "MPC_Z_VEL_I_ACC": 2.0,
    "MPC_Z_VEL_MAX_DN": 1.5,
    "MPC_Z_VEL_MAX_UP": 3.0,
    "MPC_Z_VEL_P_ACC": 4.0,
    "SYS_FAILURE_EN": 0,
    "SYS_HITL": 0,
    "THR_MDL_FAC": 0.0,
}


class BadParameterError(Exception):
    """A parameter can't have this value; says which, and what it can have."""


class Parameters:
    """Values by name; a whole-numbered parameter stays one."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Take the defaults and what the environment overrides.

        Variables that name a parameter which the stand-in doesn't have are let be, since PX4 has a
        thousand more; :attr:`unknown` lists them.

        Raises:
            BadParameterError: A value is no number.
        """
        self._values: dict[str, float | int] = dict(DEFAULTS)
        self.unknown: list[str] = []
        for variable, text in sorted((environment or {}).items()):
            if not variable.startswith(PREFIX):
                continue
            name = variable.removeprefix(PREFIX)
            if name not in DEFAULTS:
                self.unknown.append(name)
                continue
            try:
                self.set(name, float(text))
            except ValueError as error:
                raise BadParameterError(f"{variable}={text!r} is no number") from error

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def names(self) -> list[str]:
        """All names, in the order of their indices."""
        return list(self._values)

    def set(self, name: str, value: float) -> None:
        """Give a parameter a value.

        Raises:
            BadParameterError: Its value would not be finite.
        """
        if not math.isfinite(value):
            raise BadParameterError(f"{name} can't be {value}; give it a finite number")
        self._values[name] = round(value) if isinstance(DEFAULTS[name], int) else value

    def to_wire(self, name: str) -> tuple[float, int]:
        """A value as PARAM_VALUE has it, and its type: whole numbers go byte by byte."""
        value = self._values[name]
        if isinstance(value, int):
            return struct.unpack("<f", struct.pack("<i", value))[0], INT32
        return value, REAL32

    def from_wire(self, name: str, value: float, kind: int) -> None:
        """Set a parameter from PARAM_SET.

        Raises:
            BadParameterError: The type isn't the parameter's, or the value not finite.
        """
        if kind != (INT32 if isinstance(DEFAULTS[name], int) else REAL32):
            raise BadParameterError(f"{name} is not of type {kind}")
        if kind == INT32:
            value = struct.unpack("<i", struct.pack("<f", value))[0]
        self.set(name, value)
