"""The form of a mapping as YAML, and back: what `pdsa import` keeps and people may edit."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from pdsa.params import Model, Whole
from pdsa.records.imports import Mapping, MeasureColumns, StudentRows

__all__ = ["MappingModel", "mapping_text"]


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) and value else value


Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
Scale = Literal["", "percent", "fraction", "number"]
Statuses = Literal[
    "reported",
    "missing",
    "suppressed",
    "excluded",
    "top_coded",
    "bottom_coded",
    "not_applicable",
    "error",
    "zero",
]


class MeasureColumnsModel(Model):
    measure: str
    value: Names = ()
    numerator: Names = ()
    denominator: Names = ()
    scale: Scale = ""
    cumulative: bool = False

    def record(self) -> MeasureColumns:
        return MeasureColumns(**dict(self))


class StudentRowsModel(Model):
    layout: Literal["daily", "absences", "summary", "membership"]
    student: Names = ()
    code: Names = ()
    absent: Names = ()
    enrolled: Names = ()
    absent_codes: Names = ()
    excused_codes: Names = ()
    present_codes: Names = ()
    min_days: Annotated[Whole, Field(ge=1)] = 10

    def record(self) -> StudentRows:
        return StudentRows(**dict(self))


class MappingModel(Model):
    """A mapping file: `records.imports.Mapping` says what each key means."""

    schema_: Annotated[Literal["1"], Field(alias="schema")]
    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
    files: Names = ()
    members: str = "*"
    sheets: Names = ()
    layout: Literal["long", "wide", "students"] = "long"
    encoding: str = ""
    delimiter: Annotated[str, StringConstraints(strip_whitespace=False, max_length=1)] = ""
    decimal: Literal["", ".", ","] = ""
    row: str = ""
    strip: tuple[Annotated[str, Field(pattern="^[0-9A-Fa-f]{2}$")], ...] = ()
    header_row: Whole = 0
    header_rows: Whole = 1
    school: tuple[Names, ...] = ()
    school_name: Names = ()
    district: Names = ()
    period: Names = ()
    period_from: str = "column"
    period_format: str = ""
    groups: dict[str, Names] = Field(default_factory=dict)
    group_dim: Names = ()
    wholes: Names = ()
    measure: Names = ()
    status: Names = ()
    measures: tuple[MeasureColumnsModel, ...] = ()
    totals: dict[str, Names] = Field(default_factory=dict)
    marks: dict[str, Statuses] = Field(default_factory=dict)
    decisions: dict[str, str] = Field(default_factory=dict)
    ignored: Names = ()
    min_rows: Whole = 0
    students: StudentRowsModel | None = None

    def record(self) -> Mapping:
        """The record that the rest of pdsa knows."""
        plain = {name: getattr(self, name) for name in type(self).model_fields if name != "schema_"}
        pairs = {name: tuple(getattr(self, name).items()) for name in ("groups", "totals", "marks", "decisions")}
        parts = {
            "measures": tuple(one.record() for one in self.measures),
            "students": self.students.record() if self.students else None,
            "strip": tuple(int(code, 16) for code in self.strip),
        }
        return Mapping(**{**plain, **pairs, **parts})


HEAD = """\
# How the files of this kind become observations. Written by `pdsa import`; you may change it.
# The same command with next month's file uses it without asking again.
"""


def mapping_text(mapping: Mapping) -> str:
    """The mapping as YAML, keys in the order of the record; what is as always is left out."""
    import yaml

    plain = {"schema": 1} | _shown(mapping)
    return HEAD + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)


PAIRS = ("groups", "totals", "marks", "decisions")


def _shown(record: Any) -> dict[str, Any]:
    """The fields of a record that differ from their defaults, as plain lists, dictionaries and words."""
    found: dict[str, Any] = {}
    for one in fields(record):
        value = getattr(record, one.name)
        if value == one.default or value in ((), None):
            continue
        found[one.name] = _plain(one.name, value)
    return found


def _plain(name: str, value: Any) -> Any:
    if name in PAIRS:
        return {key: _plain("", text) for key, text in value}
    if name == "strip":
        return [f"{code:02X}" for code in value]
    if isinstance(value, tuple):
        return [_plain("", one) for one in value]
    return _shown(value) if isinstance(value, MeasureColumns | StudentRows) else value
