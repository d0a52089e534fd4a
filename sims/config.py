"""The base of every configuration model: frozen, no unknown keys, no NaN, no silent conversion."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """Base of the pydantic models that scenarios are made of."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


Positive = Annotated[float, Field(gt=0.0)]
Vector3 = Annotated[tuple[float, float, float], Field(strict=False)]
