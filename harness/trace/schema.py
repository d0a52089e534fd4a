"""Columns of a trace: what each is called, measured in, resolved in, and stands for."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import pyarrow as pa

Kind = Literal["int64", "float64", "bool", "category"]

_TYPES: dict[str, pa.DataType] = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "category": pa.dictionary(pa.int8(), pa.string()),
}


@dataclass(frozen=True)
class TraceColumn:
    """One column of ``trace.parquet`` or ``timing.parquet``.

    Attributes:
        name: Name; components of a vector are suffixed ``_x``, ``_y``, ``_z``.
        kind: Type of its values.
        unit: SI unit, empty for a pure number.
        frame: Frame of a vector component, empty for a scalar.
        about: One phrase for a reader of the file.
        basis: ``true`` or ``measured`` where an unprefixed name could mean either, else empty.
        undefined_as_nan: Whether NaN is a lawful value that says "not defined here".
        categories: Values of a category, in the order of their codes.
    """

    name: str
    kind: Kind = "float64"
    unit: str = ""
    frame: str = ""
    about: str = ""
    basis: str = ""
    undefined_as_nan: bool = False
    categories: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data, for the recorder process and for field metadata."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "TraceColumn":
        """The inverse of :meth:`to_json`."""
        return cls(**{**plain, "categories": tuple(plain["categories"])})

    def arrow_field(self) -> pa.Field:
        """Arrow field that carries unit, frame and meaning in its metadata."""
        metadata = {
            key: str(value)
            for key, value in self.to_json().items()
            if key in ("unit", "frame", "about", "basis") and value
        }
        if self.undefined_as_nan:
            metadata["nan"] = "not defined"
        return pa.field(self.name, _TYPES[self.kind], nullable=False, metadata=metadata)


def arrow_schema(columns: list[TraceColumn], metadata: dict[str, str]) -> pa.Schema:
    """Arrow schema of a file with these columns."""
    return pa.schema([column.arrow_field() for column in columns], metadata=metadata)
