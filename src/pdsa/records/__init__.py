"""What a network declares, as frozen records: network, schools, measures, annotations, and how a chart is made."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from datetime import date

from pdsa.terms import (
    AnnotationKind,
    Better,
    CalendarMode,
    Constants,
    DataType,
    Direction,
    Gaps,
    Kind,
    LimitsMethod,
    Mark,
    MeasureType,
    RuleName,
    Screen,
    Spread,
    Step,
    Ties,
)


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which every school is closed, first and last day included."""

    start: date
    end: date
    label: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which periods can have data at all.

    `listed`: every period but those that lie wholly within a closure. `observed`: every period in which at
    least one school of the network reported.
    """

    mode: CalendarMode = "listed"
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """A group of schools that work on one problem together."""

    id: str
    name: str
    min_n: int = 10
    contact: str = ""
    synthetic: bool = False
    calendar: Calendar = field(default_factory=Calendar)


@dataclass(frozen=True, slots=True)
class School:
    """One school; `pseudonym` is the name that other schools of the network see.

    `joined` and `left` are its first and its last day in the network, where it came or went: closed and merged schools
    keep their id.
    """

    id: str
    name: str
    district: str = ""
    pseudonym: str = ""
    joined: date | None = None
    left: date | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted, its unit and its better direction.

    `per` multiplies the value for display (100 shows a proportion as percent); `baseline` is the first and the
    last day of the stretch that makes the lines, or the number of its first points; `estimated` says that
    numerators were computed from a percent and are not counts.
    """

    id: str
    name: str
    type: MeasureType
    data_type: DataType
    unit: str
    direction: Direction
    frequency: Step
    definition: str
    numerator_def: str = ""
    denominator_def: str = ""
    per: float = 1.0
    target: float | None = None
    chart: Kind = "auto"
    baseline: int | tuple[date, date] | None = None
    min_denominator: int = 0
    estimated: bool = False

    @property
    def better(self) -> Better | None:
        """The direction that is good, or None where the measure should only stay stable."""
        return None if self.direction == "stable" else self.direction


@dataclass(frozen=True, slots=True)
class Annotation:
    """A dated remark that a chart carries; without a school or a measure it stands on every chart."""

    date: datetime.date
    label: str
    kind: AnnotationKind = "change"
    school: str = ""
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a rule set: a pattern with its lengths and its policies, as data.

    Missing values, where `n`, `of` or `sigma` is None, are those of `rules.DEFAULTS`. Excluded points are passed over
    by every rule.

    Parameters
    ----------
    name
        `outside`: a point beyond the limits (`sigma` standard deviations). `shift`: `n` in a row on one side of the
        center. `trend`: `n` points that steadily rise or fall. `alternating`: `n` points that go up and down in turn.
        `beyond`: `n` of `of` points in a row beyond `sigma` on one side. `near`: `n` in a row within `sigma`. `away`:
        `n` in a row beyond `sigma`, on either side. `long_run`, `few_crossings`: Anhoej's two. `few_runs`,
        `many_runs`: a number of runs outside the central 95% of Swed and Eisenhart.
    label
        The column is `rule_<label>`; the name where empty.
    ties
        Of points on the center (`shift`) and of equal neighbors (`trend`): `skip` passes over them, `break` ends the
        pattern; None is what `analyze(ties=)` says.
    gaps
        Of missing points: `bridge` passes over them, `break` ends the pattern.
    mark
        `pattern`: every point of the pattern; `last`: those at which it is complete.
    same_side
        Of `beyond`: all `of` points must lie on that side of the center.
    within
        Of `beyond`: points beyond so many standard deviations do not count.
    """

    name: RuleName
    n: int | None = None
    of: int | None = None
    sigma: float | None = None
    label: str = ""
    ties: Ties | None = None
    gaps: Gaps = "bridge"
    mark: Mark = "pattern"
    same_side: bool = False
    within: float | None = None

    @property
    def column(self) -> str:
        """What its column is called, after `rule_`."""
        return self.label or self.name


# A position (1-based), a date, or the name of a column of the frame.
Position = int | date | str
Positions = Position | tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """Every argument that changes the statistics of a chart; printed in the footer of each report.

    The meaning and the defaults of each field are those of `pdsa.analyze`. `data_type` is known for measures
    and guides `kind="auto"`; `estimated` keeps computed numerators away from exact binomial limits.
    """

    kind: Kind = "run"
    per: float = 1.0
    step: Step | None = None
    baseline: Positions | None = None
    exclude: Positions | None = None
    phases: Positions | None = None
    rules: tuple[Rule, ...] = (Rule("outside"), Rule("long_run"), Rule("few_crossings"))
    limits: LimitsMethod | None = None
    screen: Screen = "off"
    constants: Constants = "rounded"
    gaps: Gaps = "break"
    ties: Ties = "skip"
    spread: Spread = "mean"
    break_on: Positions | None = None
    center: float | str | None = None
    sigma: float | str | None = None
    better: Better | None = None
    target: float | None = None
    recent: int = 6
    data_type: DataType | None = None
    estimated: bool = False

    @property
    def method(self) -> LimitsMethod:
        """The method of the limits that `limits=None` means for this kind."""
        return self.limits or ("guarded" if self.kind == "auto" else "published")


@dataclass(frozen=True, slots=True)
class SourceNote:
    """What happened to one file or archive member: used, cleaned, set aside or broken, with the reason."""

    source: str
    status: str
    rows: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How one kind of file is read: which files, what is a row, which field is what, which marks are no value.

    Parameters
    ----------
    files
        Name pattern below the data folder, such as `xml_*.tar.xz` or `observations/*.csv`.
    format
        `csv` or `xml`; compression (gz, xz, bz2) and archives (tar, zip) are recognized by their name.
    provides
        `observations`, or `denominators` that are joined to observations by school and school year.
    fields
        Pairs of our column and the name in the file. Columns of observations: `school`, `school_name`,
        `district`, `measure`, `period`, `value`, `numerator`, `denominator`, `status`; of denominators:
        `school`, `school_year`, `denominator`.
    measure
        The measure of every row, where no field says it.
    members, row, strip
        For archives, the pattern of member names; for XML, the element that is a row; byte values that are
        removed before reading, because publishers leave them in.
    date_format
        How `period` is written, in the notation of strptime.
    missing
        Texts that mean "no value was submitted": they become missing, never zero.
    drop
        Pairs of our column and the texts that mark rows to leave out, such as totals.
    min_rows
        Files or members with fewer rows are set aside and listed.
    percent
        True where `value` is a percent from 0 to 100; it is divided by 100.
    school_year_start
        Month in which a school year begins, to join denominators by year ("2013-14").
    """

    files: str
    format: str
    provides: str = "observations"
    fields: tuple[tuple[str, str], ...] = ()
    measure: str = ""
    members: str = "*"
    row: str = ""
    strip: tuple[int, ...] = ()
    date_format: str = "%Y-%m-%d"
    missing: tuple[str, ...] = ("",)
    drop: tuple[tuple[str, tuple[str, ...]], ...] = ()
    min_rows: int = 0
    percent: bool = False
    school_year_start: int = 7


@dataclass(frozen=True, slots=True)
class ChartSettings:
    """Settings of a params file that replace those of a measure; None leaves them as they are.

    `rules` is the name of a set or names of rules. `break_on` are the first days of new ways to measure; those of all
    levels and of annotations hold together, because each is a fact.
    """

    kind: Kind | None = None
    baseline: int | tuple[date, date] | None = None
    target: float | None = None
    recent: int | None = None
    screen: Screen | None = None
    limits: LimitsMethod | None = None
    rules: str | tuple[str, ...] | None = None
    spread: Spread | None = None
    break_on: tuple[date, ...] | None = None


@dataclass(frozen=True, slots=True)
class RunParams:
    """One params file: which data, which schools, which reports.

    `charts` pairs a measure (or "" for all) with settings; `per_school` adds the school in front. `timeout_seconds`
    is of a cell, `report_timeout_seconds` of a whole report, `memory_mb` what a report may ask for. `notebooks` make a
    kind of report in place of the package's, by path from the params file.
    """

    name: str
    workspace: str = ""
    data: str = ""
    network: Network | None = None
    measures: tuple[Measure, ...] = ()
    inputs: tuple[InputSpec, ...] = ()
    audiences: tuple[str, ...] = ("team", "coach", "district")
    as_of: date | None = None
    first_day: date | None = None
    last_day: date | None = None
    districts: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    charts: tuple[tuple[str, ChartSettings], ...] = ()
    per_school: tuple[tuple[str, str, ChartSettings], ...] = ()
    workers: int = 2
    timeout_seconds: float = 300.0
    report_timeout_seconds: float = 1800.0
    memory_mb: int = 4096
    notebooks: tuple[tuple[str, str], ...] = ()
