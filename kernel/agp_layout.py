"""Where each quantity of the AGP controller lies in its packed arrays.

Kept apart from the law so that a scenario can be checked without loading JAX.
"""

from kernel.columns import Column, vector
from kernel.packing import Layout


def told_layout(frame: str) -> Layout:
    """The fresh part of every controller's input; vectors are in ``frame``."""
    return Layout.of(
        Column("control_mode", about="mode number"),
        vector("measured_position", "m", frame, "position handed to the controller"),
        vector("measured_velocity", "m/s", frame, "velocity handed to the controller"),
        vector("reference_position", "m", frame, "reference before any blend"),
        vector("reference_velocity", "m/s", frame, "reference before any blend"),
        vector("reference_acceleration", "m/s^2", frame, "reference before any blend"),
    )


def agp_layouts(frame: str) -> tuple[Layout, Layout, Layout]:
    """Layouts of what the AGP controller is told, decides and carries; vectors in ``frame``."""
    decided = Layout.of(
        vector("unlimited_acceleration", "m/s^2", frame, "what the law asks for"),
        vector("measured_error_position", "m", frame, "blended reference minus measured"),
        vector("measured_error_velocity", "m/s", frame, "blended reference minus measured"),
        vector("integral_state", "m*s", frame, "memory z at this instant"),
        Column("limited", about="whether the command is limited"),
    )
    carried = Layout.of(
        vector("commanded_acceleration", "m/s^2", frame, "thrust acceleration commanded"),
        vector("carried_memory", "m*s", frame, "memory z after this tick"),
        Column("carried_mode", about="mode of this tick, for the next to see a change"),
        Column("blend_elapsed", "s", about="time since the last mode change"),
        vector("blend_start_position", "m", frame, "offset of the reference at the change"),
        vector("blend_start_velocity", "m/s", frame, "offset of the reference at the change"),
        vector("blend_start_acceleration", "m/s^2", frame, "offset of the reference at the change"),
    )
    return told_layout(frame), decided, carried
