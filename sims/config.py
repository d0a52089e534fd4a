"""The base of every configuration model: frozen, no unknown keys, no NaN, no silent conversion."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Config(BaseModel):
    """Base of the pydantic models that scenarios are made of."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class BadValueError(ValueError):
    """A configuration that validates but makes no sense, with the key it is about.

    Attributes:
        key: Path of keys inside the configuration.
    """

    def __init__(self, key: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.key = key


def as_text(value: object) -> object:
    """Refuse a bare number where a date is meant: it would be read as seconds since 1970."""
    if isinstance(value, str) or value is None:
        return value
    raise ValueError("expected a date as text, such as 2019-12-09T16:38:29Z")


Positive = Annotated[float, Field(gt=0.0)]

_Metres = Annotated[float, Field(ge=-1e13, le=1e13)]
_MetresPerSecond = Annotated[float, Field(ge=-3e8, le=3e8)]
Position3 = Annotated[tuple[_Metres, _Metres, _Metres], Field(strict=False)]
Velocity3 = Annotated[
    tuple[_MetresPerSecond, _MetresPerSecond, _MetresPerSecond], Field(strict=False)
]


def _distinct(bodies: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(bodies)) < len(bodies):
        raise ValueError("a body is named twice; its pull would count twice")
    return bodies


ThirdBodies = Annotated[
    tuple[Literal["sun", "moon", "earth"], ...], Field(strict=False), AfterValidator(_distinct)
]
