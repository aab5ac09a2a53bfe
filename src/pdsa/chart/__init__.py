"""`analyze`: a frame or a panel to a Chart, which is numbers first; picture, table and sentence only read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pdsa import phases as phase_plan
from pdsa.chart.alarm import false_alarms
from pdsa.chart.arguments import check_spec, is_number, rules_of
from pdsa.chart.choose import choose
from pdsa.chart.engine import Answer, compute, empty_answer
from pdsa.chart.frames import names_of_series, panel_from_frame
from pdsa.chart.notes import add_notes
from pdsa.chart.verdicts import Judgement, judge, names_of
from pdsa.phases import Plan
from pdsa.records import Annotation, ChartSpec, Measure, Rule
from pdsa.series import Codes, Floats, Panel
from pdsa.terms import (
    KIND_WORDS,
    MIN_USEFUL,
    PLAIN_KINDS,
    POINT_COLUMNS,
    RATIO_KINDS,
    SUBGROUP_KINDS,
    SUMMARY_COLUMNS,
    Better,
    Constants,
    Gaps,
    Kind,
    LimitsMethod,
    Screen,
    Spread,
    Step,
    Ties,
)

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """An analyzed measure: one row per point, per phase and per series.

    Parameters
    ----------
    points, phases, summary
        The frames that README and `analyze` describe.
    by
        The columns that tell series apart.
    spec
        Every argument that the numbers rest on.
    status
        Shape (points,): positions in `terms.STATUSES`, for drawings that tell missing from hidden.
    extra
        A row per point, in the order of `points`: `run`, the 1-based number of the run of useful points within the
        phase (0 for none); `instrument`, which goes up at each `break_on`; `stretch`, which goes up at each series,
        phase and instrument; of CUSUM charts, `cusum_upper` and `cusum_lower`.
    measure, annotations
        What drawings and sentences need to name things; they change no number.
    """

    points: pd.DataFrame
    phases: pd.DataFrame
    summary: pd.DataFrame
    by: tuple[str, ...]
    spec: ChartSpec
    status: Codes
    step: Step | None = None
    measure: Measure | None = None
    annotations: tuple[Annotation, ...] = field(default=())
    extra: pd.DataFrame = field(default_factory=pd.DataFrame)

    def only(self, **keys: str) -> Chart:
        """The chart of those series whose columns have these values; this one stays as it is."""

        def matches(frame: pd.DataFrame) -> pd.Series:
            found = pd.Series(True, index=frame.index)
            for name, value in keys.items():
                found &= frame[name] == value
            return found

        rows = matches(self.points)
        return replace(
            self,
            points=self.points[rows].reset_index(drop=True),
            phases=self.phases[matches(self.phases)].reset_index(drop=True),
            summary=self.summary[matches(self.summary)].reset_index(drop=True),
            status=self.status[rows.to_numpy()],
            extra=self.extra[rows.to_numpy()].reset_index(drop=True) if len(self.extra) else self.extra,
        )


def analyze(
    frame: pd.DataFrame | Panel,
    kind: Kind = "run",
    *,
    value: str = "value",
    denominator: str | None = None,
    per: float = 1,
    period: str = "period",
    by: str | Sequence[str] | None = None,
    step: Step | None = None,
    baseline: object = None,
    exclude: object = None,
    phases: object = None,
    rules: str | Iterable[str | Rule] = "anhoej",
    limits: LimitsMethod | None = None,
    screen: Screen = "off",
    constants: Constants = "rounded",
    gaps: Gaps = "break",
    ties: Ties = "skip",
    spread: Spread = "mean",
    break_on: object = None,
    center: float | str | None = None,
    sigma: float | str | None = None,
    better: Better | None = None,
    target: float | None = None,
    recent: int = 6,
) -> Chart:
    """Analyze every series of a frame: lines, rules, verdict and notes.

    Parameters
    ----------
    frame
        Tidy: one row per series and period; or a Panel.
    kind
        `run`; `i`, `mr`, `i_prime`; `xbar`, `s` (several rows a period are its subgroup); `p`, `np`, `u`, `c`,
        `p_prime`, `u_prime`; `g` (cases between) and `t` (time between); `cusum`, `ewma`; or `auto`, which chooses by
        series and says why.
    value, denominator
        Columns of the numerator, count or measurement, and of the denominator; with one, `run`, `i` and `mr` plot
        their quotient.
    per
        Multiplies values and lines: 100, 1000.
    period, by
        Columns of the period (dates, whole numbers, Periods or ordered categories) and of the series.
    step
        `day`, `week`, `month` or `year` (the school year, from July 1): insert the missing periods as gaps. Of under 10
        school years no limits are drawn, unless `limits` names their method.
    baseline, exclude, phases
        1-based positions in period order, dates, or the name of a column. `baseline=12` freezes the lines on the
        first 12 points (of the first phase); a pair is its first and last. `exclude=[3]` leaves a point out of lines
        and rules. `phases=[12, 24]` names the last period of every phase but the last.
    rules
        The name of a set: `anhoej`, `western_electric`, `nelson`, `making_data_count` (as of 2023),
        `making_data_count_2021`, `ihi`, `wheeler`; or a list of rules, by name (`shift`, `two_of_three`, `nelson_3`)
        or as `Rule("shift", n=7)`. Their order is their precedence in `reasons`.
    limits
        `published`: the formulas of the reference packages (what None means for a named kind). `guarded` (None with
        `auto`): exact limits where counts are small, sigma_z at least 1, screening that cannot empty the ranges.
        `predictive`: limits that keep their error rate although they rest on few baseline points.
    screen
        `once` sets moving ranges of 3.267 times their mean and more aside, one time.
    constants
        `rounded`: 3 / 1.128 and 3.267; `wheeler`: 2.66 and 3.268; `exact`: 3 / 1.128379.
    gaps
        `break`: no moving range across a missing point; `bridge`: across it. Runs pass over missing points.
    ties
        `skip`: points on the center (equal neighbors, in a trend) neither extend nor end a run; `break`: they end it.
    spread
        `mean` or `median` of the moving ranges.
    break_on
        Positions, dates or a column of labels: the first period of each new instrument. Nothing is compared across.
    center, sigma
        Given lines in plotted units, or columns with one number for each series and phase (nothing: computed); sigma
        for kinds `i`, `xbar`, `cusum` and `ewma`.
    better, target
        The good direction, `up` or `down`, and the target in plotted units.
    recent
        A signal counts for the verdict if it reaches one of this many latest useful points.

    Returns
    -------
    Chart
        `points`, `phases` and `summary`; series ascend by the `by` columns, periods within them.

    Raises
    ------
    InputError
        With every problem of the frame or argument.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.DataFrame({"week": range(1, 13), "late": [4, 6, 5, 7, 5, 6, 4, 5, 6, 5, 7, 4]})
    >>> analyze(weeks, "i", value="late", period="week").summary.loc[0, "verdict"]
    'common_cause'
    """
    spec = ChartSpec(
        kind=kind,
        per=float(per) if is_number(per) else per,
        step=step,
        baseline=phase_plan.as_positions(baseline),
        exclude=phase_plan.as_positions(exclude),
        phases=phase_plan.as_positions(phases),
        rules=rules_of(rules),
        limits=limits,
        screen=screen,
        constants=constants,
        gaps=gaps,
        ties=ties,
        spread=spread,
        break_on=phase_plan.as_positions(break_on),
        center=center,
        sigma=sigma,
        better=better,
        target=target,
        recent=recent,
    )
    check_spec(spec)
    columns = names_of_series(by)
    if isinstance(frame, Panel):
        panel = frame
    else:
        panel = panel_from_frame(frame, spec, value=value, denominator=denominator, period=period, by=columns)
    phase_plan.check_reach(panel, spec)
    return analyze_panel(panel, spec)


def analyze_panel(
    panel: Panel, spec: ChartSpec, measure: Measure | None = None, annotations: tuple[Annotation, ...] = ()
) -> Chart:
    """Analyze every series of a panel with one spec; see `analyze`."""
    check_spec(spec)
    plan = phase_plan.plan(panel, spec)
    kinds = choose(panel, plan, spec) if spec.kind == "auto" else _named_kinds(panel, plan, spec)
    kind_of = kinds[plan.series]
    answer = empty_answer(len(panel.value), len(plan.series))
    for kind in sorted(set(kind_of.tolist())):
        compute(panel, plan, spec, kind, np.asarray(kind_of == kind), answer)
    judgement = judge(answer, spec, kind_of)
    last = np.flatnonzero(np.diff(plan.series, append=-1))
    add_notes(panel, plan, spec, answer, last, kind_of)
    segments = _segments(panel, plan, spec, answer, judgement, kind_of)
    return Chart(
        points=_points(panel, plan, spec, answer),
        phases=segments,
        summary=segments.iloc[last].drop(columns="phase").reset_index(drop=True),
        by=tuple(map(str, panel.keys.columns)),
        spec=spec,
        status=panel.status,
        extra=_extra(plan, answer),
        step=panel.step,
        measure=measure,
        annotations=annotations,
    )


def _named_kinds(panel: Panel, plan: Plan, spec: ChartSpec) -> Objects:
    """Shape (series,): the kind asked for; another one, and why, for series that lack what it needs.

    Frames are refused where they do not fit; the series of a network may differ from each other.
    """
    kinds = np.full(panel.size, spec.kind, dtype=object)
    for kind, where, why in (*_unfit(panel, spec.kind), *_too_short(panel, plan, spec)):
        kinds[where] = kind
        for s in np.flatnonzero(where).tolist():
            plan.notes.setdefault(s, []).append(why)
    return kinds


def _unfit(panel: Panel, kind: Kind) -> Iterator[tuple[str, npt.NDArray[np.bool_], str]]:
    """The kind that stands in, the series that need it, and the reason."""
    every = np.ones(panel.size, dtype=bool)
    if kind in RATIO_KINDS and kind != "i_prime":
        yield "i", ~panel.ratio, "I chart: there are values without numerators and denominators"
    if kind in SUBGROUP_KINDS and panel.within is None:
        yield "i", every, "I chart: there is one value a period, so no subgroup"
    if kind in PLAIN_KINDS:
        stand_in = "u" if kind == "c" else "i"
        why = f"there are denominators, which a {kind.upper()} chart lacks"
        yield stand_in, panel.ratio, f"{KIND_WORDS[stand_in]}: {why}"
        wrong = np.zeros(panel.size, dtype=bool)
        wrong[panel.series_of_points()[panel.value <= 0 if kind == "t" else panel.value < 0]] = True
        least = "zero or less" if kind == "t" else "below zero"
        yield "i", wrong & ~panel.ratio, f"I chart: a value of {least} does not fit a {kind.upper()} chart"


def _too_short(panel: Panel, plan: Plan, spec: ChartSpec) -> Iterator[tuple[str, npt.NDArray[np.bool_], str]]:
    """Series of few school years: points, goal and breaks without limits, unless a method of limits is asked for."""
    if panel.step == "year" and spec.kind != "run" and spec.limits in (None, "guarded") and len(plan.series):
        known = plan.included & ~np.isnan(panel.value)
        fewest = np.minimum.reduceat(
            np.add.reduceat(known, plan.starts[:-1], dtype=np.int64), np.flatnonzero(np.diff(plan.series, prepend=-1))
        )
        short = np.zeros(panel.size, dtype=bool)
        short[np.unique(plan.series)] = fewest < MIN_USEFUL
        yield "run", short, f"run chart: under {MIN_USEFUL} school years limits would mislead"


def _points(panel: Panel, plan: Plan, spec: ChartSpec, answer: Answer) -> pd.DataFrame:
    owner = panel.series_of_points()
    columns: dict[str, Any] = {str(name): panel.keys[name].take(owner) for name in panel.keys.columns}
    known: dict[str, Any] = {
        "period": panel.period,
        "phase": plan.per_point(_labels(plan)),
        "numerator": panel.numerator,
        "denominator": panel.denominator,
        "included": plan.included,
        "baseline": plan.baseline,
        **answer.point,
    }
    columns |= {name: known[name] for name in POINT_COLUMNS}
    fired = answer.up | answer.down
    columns |= {f"rule_{rule.column}": (fired & (1 << i)) != 0 for i, rule in enumerate(spec.rules)}
    columns |= {"signal": fired != 0, "reasons": _reasons(fired, spec.rules)}
    index = pd.RangeIndex(len(panel.value))
    arrays = {name: getattr(column, "array", column) for name, column in columns.items()}
    return pd.DataFrame(arrays, index=index, copy=False)


def _extra(plan: Plan, answer: Answer) -> pd.DataFrame:
    stretch = plan.per_point(np.arange(1, len(plan.series) + 1))
    columns = {"run": answer.run, "instrument": plan.per_point(plan.instrument), "stretch": stretch, **answer.sums}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(answer.up)), copy=False)


def _labels(plan: Plan) -> npt.NDArray[Any]:
    """Shape (segments,): the label of each segment; whole numbers where all are."""
    whole = all(isinstance(label, int) for label in plan.label)
    return plan.label.astype(np.int64) if whole else plan.label


def _reasons(fired: npt.NDArray[np.uint16], rules: tuple[Rule, ...]) -> pd.Categorical[Any]:
    """Comma-joined names of the rules that fired, as a categorical: no text is made per point."""
    there = np.flatnonzero(np.bincount(fired, minlength=1)) if len(fired) else np.zeros(1, dtype=np.int64)
    there = np.union1d(there, [0])
    code: npt.NDArray[Any] = np.zeros(int(there[-1]) + 1, dtype=np.int16 if len(there) < 30_000 else np.int32)
    code[there] = np.arange(len(there))
    texts = names_of(there.astype(np.uint16), rules)
    return pd.Categorical.from_codes(code[fired], dtype=pd.CategoricalDtype(texts.tolist()))


def _segments(
    panel: Panel,
    plan: Plan,
    spec: ChartSpec,
    answer: Answer,
    judgement: Judgement,
    kind_of: Objects,
) -> pd.DataFrame:
    columns: dict[str, Any] = {str(name): panel.keys[name].take(plan.series) for name in panel.keys.columns}
    known: dict[str, Any] = {
        "kind": kind_of,
        "limits": np.full(len(plan.series), spec.method, dtype=object),
        **{name: answer.counts[name] for name in ("n", "n_useful", "n_outside")},
        **_run_counts(answer, judgement),
        **{name: answer.segment[name] for name in ("center", "sigma", "sigma_z", "lag1", "last")},
        **{name: getattr(judgement, name) for name in ("runs_signal", "verdict", "history", "assurance")},
        "false_alarm": false_alarms(answer, plan, spec, kind_of),
        "notes": _tuples(plan),
    }
    columns["phase"] = _labels(plan)
    columns |= {name: known[name] for name in SUMMARY_COLUMNS}
    arrays = {name: getattr(column, "array", column) for name, column in columns.items()}
    frame = pd.DataFrame(arrays, index=pd.RangeIndex(len(plan.series)), copy=False)
    # None stays None, whatever the other series have
    frame["assurance"] = pd.Series(judgement.assurance, dtype=object)
    return frame


def _run_counts(answer: Answer, judgement: Judgement) -> dict[str, Floats]:
    """The counts of runs and their limits; NaN where no point is useful."""
    counts = {name: answer.counts[name] for name in ("longest_run", "crossings")}
    counts |= {name: getattr(judgement, name) for name in ("longest_run_max", "crossings_min")}
    none = answer.counts["n_useful"] == 0
    return {name: np.where(none, np.nan, values.astype(float)) for name, values in counts.items()}


def _tuples(plan: Plan) -> Objects:
    """The notes of each segment's series, as a column of tuples."""
    column = np.empty(len(plan.series), dtype=object)
    for i, s in enumerate(plan.series.tolist()):
        column[i] = tuple(plan.notes.get(s, ()))
    return column


__all__ = ["Chart", "analyze", "analyze_panel"]
