"""The ``perturbations:`` mapping: what else acts on a vehicle than its central body's gravity."""

from typing import Annotated, Literal

from pydantic import Field

from sims.config import Config, ThirdBodies

Area = Annotated[float, Field(gt=0.0, le=1e9)]


class DragConfig(Config):
    """Drag of an atmosphere that turns with the Earth."""

    atmosphere: Literal["exponential"] = "exponential"
    """Layers of exponential density (Vallado, table 8-4)."""
    area_m2: Area
    """Cross-section, m²."""
    drag_coefficient: Annotated[float, Field(gt=0.0, le=100.0)] = 2.2
    """C_D."""


class SolarPressureConfig(Config):
    """Pressure of sunlight on a surface that faces the Sun."""

    area_m2: Area
    """Cross-section, m²."""
    radiation_coefficient: Annotated[float, Field(gt=0.0, le=2.0)] = 1.3
    """C_R: 1 where all light is absorbed, 2 where all is thrown back."""
    eclipse: bool = True
    """Whether the central body casts its shadow, penumbra included."""


class PerturbationsConfig(Config):
    """Terms beside the central body's gravity; what is left out does not act."""

    third_bodies: ThirdBodies = ()
    """Bodies that pull from afar, with the indirect term."""
    drag: DragConfig | None = None
    """Atmospheric drag."""
    solar_pressure: SolarPressureConfig | None = None
    """Solar radiation pressure."""
