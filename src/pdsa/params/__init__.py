"""What people write in YAML and CSV, checked at the door and handed on as records; every mistake is named at once.

Every value comes as the text that was written: `no`, `007`, `012` and `12:30`. Models say which text is a number or a
date.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from pdsa.errors import ParamsError, Problem
from pdsa.params.days import ISO, baseline, known_year
from pdsa.params.words import nearest, problem_of
from pdsa.records import (
    Annotation,
    Calendar,
    ChartSettings,
    Closure,
    InputSpec,
    Measure,
    Network,
    RunParams,
    School,
)
from pdsa.terms import (
    AnnotationKind,
    CalendarMode,
    DataType,
    Direction,
    Kind,
    LimitsMethod,
    MeasureType,
    RuleSet,
    RuleWord,
    Screen,
    Spread,
    Step,
)


def _written(pattern: str, expected: str) -> BeforeValidator:
    """Text must look like this: programs do not agree what `012`, `1_000`, `0x1F` and `1e3` are."""

    def check(value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(pattern, value.strip()):
            raise ValueError(expected)
        return value

    return BeforeValidator(check)


def _blank(value: object) -> object:
    return None if value == "" else value


def _released(value: object) -> object:
    if value == "public":
        raise ValueError("another audience: a public release needs an audit that does not exist yet")
    return value


def _some(what: str) -> AfterValidator:
    def check(values: tuple[Any, ...]) -> tuple[Any, ...]:
        if not values:
            raise ValueError(f"at least one {what}")
        return values

    return AfterValidator(check)


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) and value else value


def _rules(value: object) -> object:
    """A single rule is a list of one."""
    return _listed(value) if value in get_args(RuleWord) else _blank(value)


def _visible(value: object) -> object:
    if isinstance(value, str):
        hidden = any(unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") for letter in value)
        if hidden or value != value.strip():
            raise ValueError("no blanks around it and no invisible characters in it")
    return value


Day = Annotated[date, _written(ISO, "a date such as 2025-10-13"), AfterValidator(known_year)]
OptionalDay = Annotated[Day | None, BeforeValidator(_blank)]
Baseline = Annotated[int | tuple[date, date] | None, BeforeValidator(baseline)]
Whole = Annotated[int, _written("0|[1-9][0-9]{0,8}", "a whole number such as 12")]
_DECIMAL = r"-?((0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?|\.[0-9]{1,15})"
Number = Annotated[float, Field(allow_inf_nan=False), _written(_DECIMAL, "a plain number such as 12 or 0.85")]
OptionalNumber = Annotated[Number | None, BeforeValidator(_blank)]
Id = Annotated[str, Field(min_length=1, max_length=80)]
# What files, links and other sheets point to: nothing in it that a reader cannot see.
Key = Annotated[Id, BeforeValidator(_visible)]
OptionalKey = Annotated[str, BeforeValidator(_visible)]
Days = Annotated[tuple[Day, ...], BeforeValidator(_listed), _some("date")]
_SetOrList = Annotated[
    Annotated[RuleSet, Tag("[set]")] | Annotated[tuple[RuleWord, ...], _some("rule"), Tag("[list]")],
    Discriminator(lambda value: "[list]" if isinstance(value, list | tuple) else "[set]"),
]
AudienceWord = Annotated[Literal["team", "coach", "district", "network"], BeforeValidator(_released)]


class Model(BaseModel):
    """A closed form: an unknown key is a mistake, and nothing can be changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ClosureModel(Model):
    start: Day
    end: Day
    label: str = ""

    @model_validator(mode="after")
    def in_order(self) -> ClosureModel:
        if self.end < self.start:
            raise ValueError(f"a closure that ends on or after its start, {self.start}")
        return self


class CalendarModel(Model):
    mode: CalendarMode = "listed"
    closures: tuple[ClosureModel, ...] = ()


class NetworkModel(Model):
    id: Key
    name: Id
    min_n: Annotated[Whole, Field(ge=5, le=30)] = 10
    contact: str = ""
    synthetic: bool = False
    calendar: CalendarModel = CalendarModel()

    def record(self) -> Network:
        closures = tuple(Closure(c.start, c.end, c.label) for c in self.calendar.closures)
        plain = self.model_dump(exclude={"calendar"})
        return Network(**plain, calendar=Calendar(self.calendar.mode, closures))


class MeasureModel(Model):
    id: Key
    name: Id
    type: MeasureType
    data_type: DataType
    unit: str
    direction: Direction
    frequency: Step
    definition: Annotated[str, Field(min_length=1, max_length=2000)]
    numerator_def: str = ""
    denominator_def: str = ""
    per: Annotated[Number, Field(gt=0)] = 1.0
    target: OptionalNumber = None
    chart: Kind = "auto"
    baseline: Baseline = None
    min_denominator: Annotated[Whole, BeforeValidator(lambda v: 0 if v == "" else v)] = 0
    estimated: bool = False

    @model_validator(mode="after")
    def target_is_a_share(self) -> MeasureModel:
        if self.data_type == "proportion" and self.target is not None and not 0 <= self.target <= 1:
            raise ValueError(f"a target of a proportion from 0 to 1, such as 0.85; found {self.target:g}")
        return self

    def record(self) -> Measure:
        return Measure(**dict(self))


class SchoolModel(Model):
    id: Key
    name: Id
    district: str = ""
    pseudonym: OptionalKey = ""
    joined: OptionalDay = None
    left: OptionalDay = None

    @model_validator(mode="after")
    def in_order(self) -> SchoolModel:
        if self.joined and self.left and self.left < self.joined:
            raise ValueError(f"a last day on or after the first one, {self.joined}")
        return self

    def record(self) -> School:
        return School(**dict(self))


class AnnotationModel(Model):
    date: Day
    label: Annotated[str, Field(min_length=1, max_length=300)]
    kind: AnnotationKind = "change"
    school: str = ""
    measure: str = ""

    def record(self) -> Annotation:
        return Annotation(**dict(self))


class InputModel(Model):
    files: Id
    format: Literal["csv", "xml"]
    provides: Literal["observations", "denominators"] = "observations"
    fields: dict[str, str]
    measure: str = ""
    members: str = "*"
    row: str = ""
    strip_bytes: tuple[Annotated[str, _written("[0-9A-Fa-f]{2}", "two digits of a byte such as 1A")], ...] = ()
    date_format: str = "%Y-%m-%d"
    missing: tuple[str, ...] = ("",)
    drop: dict[str, tuple[str, ...]] = {}
    min_rows: Whole = 0
    percent: bool = False
    school_year_start: Annotated[Whole, Field(ge=1, le=12)] = 7

    @model_validator(mode="after")
    def xml_has_rows(self) -> InputModel:
        if self.format == "xml" and not self.row:
            raise ValueError("row: the XML element that is a row")
        return self

    def record(self) -> InputSpec:
        plain = self.model_dump(exclude={"fields", "strip_bytes", "drop"})
        return InputSpec(
            **plain,
            fields=tuple(self.fields.items()),
            strip=tuple(int(code, 16) for code in self.strip_bytes),
            drop=tuple(self.drop.items()),
        )


class ChartModel(Model):
    kind: Kind | None = None
    baseline: Baseline = None
    target: OptionalNumber = None
    recent: Annotated[Annotated[Whole, Field(ge=1)] | None, BeforeValidator(_blank)] = None
    screen: Screen | None = None
    limits: LimitsMethod | None = None
    rules: Annotated[_SetOrList | None, BeforeValidator(_rules)] = None
    spread: Spread | None = None
    break_on: Annotated[Days | None, BeforeValidator(_blank)] = None

    def record(self) -> ChartSettings:
        return ChartSettings(**dict(self))


class SelectModel(Model):
    first_day: OptionalDay = None
    last_day: OptionalDay = None
    districts: tuple[Id, ...] = ()
    schools: tuple[Id, ...] = ()


class NotebooksModel(Model):
    school_report: str = ""
    network_report: str = ""
    improvement_log: str = ""


_AS_THEY_ARE = (
    *("name", "workspace", "data", "as_of", "workers", "timeout_seconds", "report_timeout_seconds", "memory_mb"),
)


class ParamsModel(Model):
    """A params file: a workspace folder, or network, measures and inputs in place."""

    schema_: Annotated[Literal["1"], Field(alias="schema")]
    name: Annotated[str, _written("[a-z0-9][a-z0-9_-]{0,63}", "small letters, digits, - and _, at most 64")]
    workspace: str = ""
    data: str = ""
    network: NetworkModel | None = None
    measures: tuple[MeasureModel, ...] = ()
    inputs: tuple[InputModel, ...] = ()
    select: SelectModel = SelectModel()
    audiences: Annotated[tuple[AudienceWord, ...], _some("audience")] = ("team", "coach", "district")
    as_of: OptionalDay = None
    chart: ChartModel = ChartModel()
    per_measure: dict[Key, ChartModel] = {}
    per_school: dict[Key, dict[Key, ChartModel]] = {}
    workers: Annotated[Whole, Field(ge=1, le=64)] = 2
    timeout_seconds: Annotated[Number, Field(gt=0)] = 300.0
    report_timeout_seconds: Annotated[Number, Field(gt=0)] = 1800.0
    memory_mb: Annotated[Whole, Field(ge=100, le=1_000_000)] = 4096
    notebooks: NotebooksModel = NotebooksModel()

    @model_validator(mode="after")
    def one_source(self) -> ParamsModel:
        inline = self.network is not None and self.measures and self.inputs
        if bool(self.workspace) == bool(inline):
            raise ValueError("either workspace, or all three of network, measures and inputs")
        if inline and all(one.provides != "observations" for one in self.inputs):
            raise ValueError("at least one of inputs that provides observations")
        return self

    def record(self) -> RunParams:
        return RunParams(
            **dict(self.select),
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
            audiences=tuple(dict.fromkeys(self.audiences)),
            network=self.network.record() if self.network else None,
            measures=tuple(one.record() for one in self.measures),
            inputs=tuple(one.record() for one in self.inputs),
            notebooks=tuple((name, path) for name, path in self.notebooks if path),
            charts=(("", self.chart.record()), *((m, s.record()) for m, s in self.per_measure.items())),
            per_school=tuple((s, m, c.record()) for s, per in self.per_school.items() for m, c in per.items()),
        )


M = TypeVar("M", bound=Model)


def build(model: type[M], data: Mapping[str, Any], source: str) -> M:
    """A checked model from plain data, or a ParamsError with every problem and the nearest known key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = tuple(problem_of(model, one) for one in error.errors())
        raise ParamsError(source, problems, "no report was started") from None


def build_rows(
    model: type[M], rows: Sequence[tuple[int, Mapping[str, Any]]], source: str, unique: str = ""
) -> tuple[M, ...]:
    """A model for each row of a sheet; all problems of all rows at once, with their row numbers."""
    built, problems, seen = [], [], dict[str, int]()
    for number, row in rows:
        try:
            built.append(model.model_validate({k: v for k, v in row.items() if v != "" or k in _BLANK_OK}))
        except ValidationError as error:
            problems += [problem_of(model, one, _place(number, row, one)) for one in error.errors()]
        key = unicodedata.normalize("NFKC", str(row.get(unique, ""))).strip().casefold()
        if key and key in seen:
            problems.append(Problem(f"row {number}, {unique}", f"{row[unique]} again", f"it once; see row {seen[key]}"))
        seen[key] = number
    if problems:
        raise ParamsError(source, tuple(dict.fromkeys(problems)), "no report was started")
    return tuple(built)


def _place(number: int, row: Mapping[str, Any], error: ErrorDetails) -> str:
    """Unknown and absent columns are told once, for the header, and not again for each row."""
    absent = error["type"] == "missing" and error["loc"][0] not in row
    return "header, " if absent or error["type"] == "extra_forbidden" else f"row {number}, "


_BLANK_OK = ("unit",)


__all__ = [
    "AnnotationModel",
    "ChartModel",
    "ClosureModel",
    "InputModel",
    "M",
    "MeasureModel",
    "NetworkModel",
    "ParamsModel",
    "SchoolModel",
    "build",
    "build_rows",
    "nearest",
]
