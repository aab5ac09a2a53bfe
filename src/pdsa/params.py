"""What people write in YAML and CSV, checked at the door and handed on as records; every mistake is named at once.

YAML is read with every scalar as text, so that `no`, `007`, `012` and `12:30` stay what was written; models then
say which text is a number or a date.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from pdsa.errors import ParamsError, Problem
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
from pdsa.terms import AnnotationKind, CalendarMode, DataType, Direction, Kind, LimitsMethod, MeasureType, Screen, Step

# A params file is written by hand; anything larger or deeper is a mistake or an attack.
MOST_BYTES, MOST_DEPTH = 65_536, 8
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso_date(value: object) -> object:
    if isinstance(value, str) and not _ISO.fullmatch(value):
        raise ValueError("a date written 2025-10-13")
    return value


def _baseline(value: object) -> object:
    """`12`, `2013-09-01..2014-06-30`, or a list of two dates; blank is none."""
    if isinstance(value, str) and ".." in value:
        return value.split("..")
    return None if value == "" else value


def _blank(value: object) -> object:
    return None if value == "" else value


Day = Annotated[date, BeforeValidator(_iso_date)]
OptionalDay = Annotated[Day | None, BeforeValidator(_blank)]
Baseline = Annotated[Annotated[int, Field(ge=2)] | tuple[Day, Day] | None, BeforeValidator(_baseline)]
Number = Annotated[float, Field(allow_inf_nan=False)]
OptionalNumber = Annotated[Number | None, BeforeValidator(_blank)]
Id = Annotated[str, Field(min_length=1, max_length=80)]
AudienceWord = Literal["team", "coach", "district", "network"]


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
    id: Id
    name: Id
    min_n: Annotated[int, Field(ge=5, le=30)] = 10
    contact: str = ""
    synthetic: bool = False
    calendar: CalendarModel = CalendarModel()

    def record(self) -> Network:
        closures = tuple(Closure(c.start, c.end, c.label) for c in self.calendar.closures)
        plain = self.model_dump(exclude={"calendar"})
        return Network(**plain, calendar=Calendar(self.calendar.mode, closures))


class MeasureModel(Model):
    id: Id
    name: Id
    type: MeasureType
    data_type: DataType
    unit: str
    direction: Direction
    frequency: Step
    definition: Id | Annotated[str, Field(min_length=1, max_length=2000)]
    numerator_def: str = ""
    denominator_def: str = ""
    per: Annotated[Number, Field(gt=0)] = 1.0
    target: OptionalNumber = None
    chart: Kind = "auto"
    baseline: Baseline = None
    min_denominator: Annotated[int, Field(ge=0), BeforeValidator(lambda v: 0 if v == "" else v)] = 0
    estimated: bool = False

    def record(self) -> Measure:
        return Measure(**dict(self))


class SchoolModel(Model):
    id: Id
    name: Id
    district: str = ""
    pseudonym: str = ""

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
    strip_bytes: tuple[Annotated[str, Field(pattern="^[0-9A-Fa-f]{2}$")], ...] = ()
    date_format: str = "%Y-%m-%d"
    missing: tuple[str, ...] = ("",)
    drop: dict[str, tuple[str, ...]] = {}
    min_rows: Annotated[int, Field(ge=0)] = 0
    percent: bool = False
    school_year_start: Annotated[int, Field(ge=1, le=12)] = 7

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
    recent: Annotated[int, Field(ge=1)] | None = None
    screen: Screen | None = None
    limits: LimitsMethod | None = None

    def record(self) -> ChartSettings:
        return ChartSettings(**dict(self))


class SelectModel(Model):
    first_day: OptionalDay = None
    last_day: OptionalDay = None
    districts: tuple[Id, ...] = ()
    schools: tuple[Id, ...] = ()


class ParamsModel(Model):
    """A params file: a workspace folder, or network, measures and inputs in place."""

    schema_: Annotated[Literal["1"], Field(alias="schema")]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    workspace: str = ""
    data: str = ""
    network: NetworkModel | None = None
    measures: tuple[MeasureModel, ...] = ()
    inputs: tuple[InputModel, ...] = ()
    select: SelectModel = SelectModel()
    audiences: Annotated[tuple[AudienceWord, ...], Field(min_length=1)] = ("team", "coach", "district")
    as_of: OptionalDay = None
    chart: ChartModel = ChartModel()
    per_measure: dict[Id, ChartModel] = {}
    per_school: dict[Id, dict[Id, ChartModel]] = {}
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    timeout_seconds: Annotated[Number, Field(gt=0)] = 300.0

    @model_validator(mode="after")
    def one_source(self) -> ParamsModel:
        inline = self.network is not None and self.measures and self.inputs
        if bool(self.workspace) == bool(inline):
            raise ValueError("either workspace, or all three of network, measures and inputs")
        return self

    def record(self) -> RunParams:
        return RunParams(
            **dict(self.select),
            **{k: getattr(self, k) for k in ("name", "workspace", "data", "as_of", "workers", "timeout_seconds")},
            audiences=tuple(dict.fromkeys(self.audiences)),
            network=self.network.record() if self.network else None,
            measures=tuple(one.record() for one in self.measures),
            inputs=tuple(one.record() for one in self.inputs),
            charts=(("", self.chart.record()), *((m, s.record()) for m, s in self.per_measure.items())),
            per_school=tuple((s, m, c.record()) for s, per in self.per_school.items() for m, c in per.items()),
        )


class _TextLoader(yaml.BaseLoader):
    """Every scalar as text; duplicate keys, anchors, aliases, tags and deep nesting are refused."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, "an anchor or alias", "the value written out")
        if getattr(event, "tag", None):
            self._refuse(event, f"the tag {event.tag}", "a plain value")
        self.depth += 1
        if self.depth > 2 * MOST_DEPTH:
            self._refuse(event, "lists within lists", f"at most {MOST_DEPTH} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(node, "a key that is no word", "a word before the colon")
            if key.value in seen:
                self._refuse(key, f"{key.value} twice", "each key once")
            seen[key.value] = key
        return super().construct_mapping(node, deep=True)

    @staticmethod
    def _refuse(where: Any, found: str, expected: str) -> None:
        raise _RefusedError(where.start_mark.line + 1, found, expected)


class _RefusedError(Exception):
    """Where a YAML file uses what a params file must not use."""

    def __init__(self, line: int, found: str, expected: str) -> None:
        super().__init__(line, found, expected)
        self.line, self.found, self.expected = line, found, expected


def read_yaml(text: str, source: str) -> dict[str, Any]:
    """The mapping that a YAML text holds, every scalar as text.

    Raises
    ------
    ParamsError
        Not YAML, not one mapping, too large, too deep, duplicate keys, anchors, aliases or tags.
    """
    if len(text.encode()) > MOST_BYTES:
        _fail(source, "the file", f"{len(text.encode())} bytes", f"at most {MOST_BYTES}")
    try:
        found = yaml.load(text.removeprefix("\ufeff"), Loader=_TextLoader)  # noqa: S506 (derived from BaseLoader)
    except _RefusedError as problem:
        _fail(source, f"line {problem.line}", problem.found, problem.expected)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        _fail(source, f"line {mark.line + 1 if mark else 1}", str(problem.problem or problem.context), "valid YAML")
    except (yaml.YAMLError, RecursionError) as problem:
        _fail(source, "the file", str(problem).splitlines()[0], "valid YAML")
    if not isinstance(found, dict):
        _fail(source, "the file", "no keys" if not found else f"a {type(found).__name__}", "keys and values")
    return found  # type: ignore[no-any-return]


def _fail(source: str, place: str, found: str, expected: str) -> None:
    raise ParamsError(source, (Problem(place, found, expected),), "no report was started")


M = TypeVar("M", bound=Model)


def build(model: type[M], data: Mapping[str, Any], source: str) -> M:
    """A checked model from plain data, or a ParamsError with every problem and the nearest known key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = tuple(_problem(model, one) for one in error.errors())
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
            problems += [_problem(model, one, f"row {number}, ") for one in error.errors()]
        key = str(row.get(unique, "")).casefold()
        if unique and key in seen:
            problems.append(Problem(f"row {number}, {unique}", f"{row[unique]} again", f"it once; see row {seen[key]}"))
        seen[key] = number
    if problems:
        raise ParamsError(source, tuple(problems), "no report was started")
    return tuple(built)


_BLANK_OK = ("unit",)


def _problem(model: type[BaseModel], error: ErrorDetails, before: str = "") -> Problem:
    place = before + (".".join(str(part) for part in error["loc"] if not _is_branch(part)) or "the file")
    if error["type"] == "extra_forbidden":
        return Problem(place, "an unknown key", nearest(str(error["loc"][-1]), _known_keys(model, error["loc"])))
    if error["type"] == "missing":
        return Problem(place, "nothing", "a value")
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    found = error["input"]
    return Problem(place, repr(found) if isinstance(found, str | int | float) else "this", message)


def _is_branch(part: object) -> bool:
    """Names that pydantic gives to the branches of a union: no place in the file."""
    return isinstance(part, str) and (
        part.startswith(("tuple[", "function-", "constrained-")) or part in ("int", "str")
    )


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that are known where the unknown one stands."""
    current: Any = model
    for part in loc[:-1]:
        field = current.model_fields.get(part) if hasattr(current, "model_fields") else None
        if field is not None:
            current = _inner(field.annotation)
    return [f.alias or n for n, f in current.model_fields.items()] if hasattr(current, "model_fields") else []


def _inner(annotation: Any) -> Any:
    """The model inside `tuple[Model, ...]`, `dict[str, Model]`, `Model | None` and nestings of them."""
    while not hasattr(annotation, "model_fields"):
        inside = [a for a in getattr(annotation, "__args__", ()) if a not in (type(None), Ellipsis)]
        if not inside:
            return annotation
        annotation = inside[-1]
    return annotation


def nearest(word: str, known: Sequence[str]) -> str:
    """What to expect in place of an unknown word: the nearest known one first."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"{close[0]} perhaps? Known: {shown}" if close else f"one of: {shown}"
