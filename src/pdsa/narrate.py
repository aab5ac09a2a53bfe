"""A Chart in sentences: headline, alt text, the names of things; words that only rules may choose."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pdsa.chart import Chart
from pdsa.network import Chance
from pdsa.records import ChartSpec, Measure
from pdsa.series import Bools, Floats, Ints
from pdsa.terms import ASSURANCE_WORDS as ASSURANCE_WORDS
from pdsa.terms import KIND_WORDS as KIND_WORDS
from pdsa.terms import MIN_USEFUL, STATUSES, Step
from pdsa.terms import RULE_WORDS as RULE_WORDS
from pdsa.terms import VERDICT_MEANINGS as VERDICT_MEANINGS
from pdsa.terms import VERDICT_WORDS as VERDICT_WORDS


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said about one series: a short lead, the sentences after it, and the verdict that they put into words."""

    text: str
    verdict: str = ""
    lead: str = ""

    def __str__(self) -> str:
        return f"{self.lead} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Findings:
    """Several sentences in order; a notebook shows them as plain lines."""

    items: tuple[Finding, ...]

    def __repr__(self) -> str:
        return "\n".join(str(item) for item in self.items)


@dataclass(frozen=True, slots=True)
class _Series:
    """One series, read out of its frames once; `count`, `side` and `used` are of the last phase, as the summary is."""

    chart: Chart
    row: Mapping[str, Any]
    period: Any
    value: Floats
    signal: Bools
    count: int
    side: Floats
    run: Ints
    used: Ints
    frozen: bool

    def column(self, name: str) -> Any:
        return self.chart.points[name].to_numpy()

    def when(self, at: int) -> str:
        return format_period(self.period[at], self.chart.step)


def _read(chart: Chart) -> _Series:
    points, known = chart.points, not chart.summary.empty
    value, center, included, baseline, phase, signal = (points[name].to_numpy() for name in POINTS)
    last = phase == phase[-1] if len(phase) else included
    run = np.where(last, chart.extra["run"].to_numpy(), 0)
    return _Series(
        chart=chart,
        row={name: chart.summary[name].array[0] for name in SUMMARY} if known else {},
        period=points["period"].array,
        value=value,
        signal=signal,
        count=int((included & last & ~np.isnan(value)).sum()),
        side=np.where(run > 0, np.sign(value - center), 0.0),
        run=run,
        used=np.flatnonzero(baseline & last & ~np.isnan(value)),
        frozen=not np.array_equal(baseline[last], included[last]),
    )


POINTS = ("value", "center", "included", "baseline", "phase", "signal")
SUMMARY = ("kind", "n", "center", "verdict", "n_useful", "crossings", "crossings_min", "assurance", "history", "last")


def format_value(value: float, measure: Measure | None, unit: bool = True) -> str:
    """A value as sentences, axes and tooltips print it: `87.3%`, `31.2 minutes`; a percent sign always stays."""
    if value is None or not math.isfinite(value):
        return "no value"
    name = measure.unit if measure else ""
    number = _number(value, name == "%")
    if name == "%":
        return f"{number}%"
    return f"{number} {name}".rstrip() if unit else number


def _number(value: float, percent: bool) -> str:
    """Three digits that matter; all of them between 1,000 and a billion."""
    size = abs(value)
    if size >= 1e9:
        return f"{value:.3g}"
    if percent or 1 <= size < 1000 or value == 0:
        return f"{value:.1f}".replace("-0.0", "0.0") if size < 1 else f"{value:.1f}"
    return f"{value:.0f}" if size >= 1000 else f"{value:.3g}"


def format_period(period: object, step: Step | None) -> str:
    """A period in words: `week of 2025-09-15`, `2025-09` for a month, `2025-09-15` for a day."""
    if isinstance(period, pd.Timestamp):
        if step == "month":
            return f"{period:%Y-%m}"
        return f"week of {period:%Y-%m-%d}" if step == "week" else f"{period:%Y-%m-%d}"
    return str(period)


def title(chart: Chart) -> str:
    """The measure's name, or what stands for it in a chart of a bare frame."""
    return chart.measure.name if chart.measure else "Value"


def verdict_of(chart: Chart) -> str:
    """The verdict of a single series, `no_data` where it has no value at all."""
    if chart.summary.empty or chart.points["value"].notna().sum() == 0:
        return "no_data"
    return str(chart.summary["verdict"].iloc[0])


def _baseline(series: _Series) -> str:
    """Which points the lines come from: `baseline: 12 weeks, 2024-09-02 to 2024-11-18`."""
    if not len(series.used):
        return "no baseline"
    first, last = (format_period(series.period[at], None) for at in series.used[[0, -1]])
    span = f"{plural(len(series.used), _noun(series.chart.step))}, {first} to {last}"
    return f"baseline: {span}" if series.frozen else f"all {span}"


def plural(n: int, noun: str) -> str:
    """`1 week`, `3 weeks`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _noun(step: Step | None) -> str:
    return step or "point"


def headline(chart: Chart) -> Finding:
    """What one series says now; only its verdict chooses the words."""
    return _headline(_read(chart))


def _headline(series: _Series) -> Finding:
    chart = series.chart
    verdict = "no_data" if chart.summary.empty or np.isnan(series.value).all() else str(series.row["verdict"])
    lead = f"{title(chart)}: {VERDICT_WORDS[verdict]}."
    if verdict == "no_data":
        return Finding(f"{_capital(_nothing(chart))}.", verdict, lead)
    if verdict == "too_few":
        return Finding(_too_few(series), verdict, f"{title(chart)}: no variation." if _same(series) else lead)
    if verdict == "common_cause":
        now = f"No signal in the latest {_noun(chart.step)}s, around {_center(series)}."
    else:
        now = f"{_capital(_evidence(series))}."
    parts = (now, _target(chart, series.row), _history(chart, series.row))
    return Finding(" ".join(part for part in parts if part), verdict, lead)


def _nothing(chart: Chart) -> str:
    hidden = (chart.status == STATUSES.index("suppressed")).any()
    return "all that was reported is hidden because the group is small" if hidden else "nothing has been reported yet"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _too_few(series: _Series) -> str:
    chart, row = series.chart, series.row
    useful = int(row["n_useful"])
    noun = _noun(chart.step)
    if _same(series):
        same = format_value(float(row["last"]), chart.measure)
        told = f"Every value that counts is {same}: nothing varies, so nothing can signal."
        return f"{told} {_target(chart, row)}".rstrip()
    more = MIN_USEFUL - useful
    least = "at least " if series.count > useful else ""
    wait = f"{least}{plural(more, f'more {noun}')} until we can judge."
    return f"{useful} of {MIN_USEFUL} useful {noun}s are in: {wait}"


def _same(series: _Series) -> bool:
    """Whether there are values, and all of them lie on their center."""
    return series.count > 1 and series.row["n_useful"] == 0 and not math.isnan(float(series.row["center"]))


def _center(series: _Series) -> str:
    word = "the median" if series.row["kind"] == "run" else "the center"
    return f"{word} of {format_value(float(series.row['center']), series.chart.measure)} ({_baseline(series)})"


def _evidence(series: _Series) -> str:
    """The latest signalled point and its rules; few crossings where no point is signalled."""
    chart, row = series.chart, series.row
    useful = np.flatnonzero(series.side)
    if series.frozen and len(series.used):
        useful = useful[useful > series.used[-1]]
    recent = useful[-chart.spec.recent :]
    recent = recent[series.signal[recent]]
    if not len(recent):
        crossed = f"{int(row['crossings'])} times where at least {int(row['crossings_min'])} are ordinary"
        return f"over the whole series the values cross {_center(series)} only {crossed}"
    last = int(recent[-1])
    high = bool(series.side[last] > 0)
    both = len(set(series.side[recent].tolist())) > 1
    parts = []
    if _fired(series, "long_run", last):
        run = int((series.run == series.run[last]).sum())
        parts.append(f"{run} {_noun(chart.step)}s in a row {'above' if high else 'below'} {_center(series)}")
    if _fired(series, "outside", last):
        line = format_value(float(series.column("upper" if high else "lower")[last]), chart.measure, unit=False)
        where = f"{'above the upper' if high else 'below the lower'} limit of {line}"
        value = format_value(float(series.value[last]), chart.measure, unit=not parts)
        parts.append(f"{series.when(last)} at {value} lies {where}")
    return ("signals on both sides of the center; the latest: " if both else "") + "; ".join(parts)


def _fired(series: _Series, rule: str, at: int) -> bool:
    column = series.chart.points.get(f"rule_{rule}")
    return column is not None and bool(column.array[at])


def _target(chart: Chart, row: Mapping[str, Any]) -> str:
    if chart.spec.target is None or row["assurance"] is None or pd.isna(row["assurance"]):
        return ""
    target = f"the target of {format_value(chart.spec.target, chart.measure, unit=False)}"
    if row["verdict"] == "too_few":
        return f"Every value {'meets' if row['assurance'] == 'met' else 'misses'} {target}."
    if row["verdict"] in ("improvement", "concern", "change"):
        return f"{_capital(target)} is judged once the new level has limits of its own."
    return f"{_capital(target)} {ASSURANCE_WORDS[row['assurance']].format(periods=f'{_noun(chart.step)}s')}."


def _history(chart: Chart, row: Mapping[str, Any]) -> str:
    names = [RULE_WORDS[name] for name in str(row["history"]).split(",") if name]
    return f"Earlier {_noun(chart.step)}s show {' and '.join(names)}." if names else ""


def headlines(charts: tuple[Chart, ...]) -> Findings:
    """The headline of each chart, in the order given."""
    return Findings(tuple(headline(chart) for chart in charts))


def notes(charts: tuple[Chart, ...]) -> Findings:
    """The notes of each chart as sentences; the reason for the kind of chart stands in the settings."""
    found = []
    for chart in charts:
        facts = chart.summary["notes"].iloc[0] if len(chart.summary) else ()
        facts = facts[1:] if chart.spec.kind == "auto" else facts
        if facts:
            found.append(Finding(f"{_capital('; '.join(facts))}.", "", f"{title(chart)}:"))
    return Findings(tuple(found))


def summary_line(chart: Chart) -> str:
    """Kind, counts, lines and signals in one line that is the same each time: what strict checks compare."""
    if chart.summary.empty:
        return f"{title(chart)}: no series"
    if len(chart.summary) > 1:
        verdicts = chart.summary["verdict"].value_counts().sort_index()
        return f"{title(chart)}: {len(chart.summary)} series; " + ", ".join(f"{v} {n}" for v, n in verdicts.items())
    series = _read(chart)
    signals = f"{int(series.signal.sum())} points with a signal"
    parts = [series.row["kind"], f"n {series.row['n']}", *_line_words(series), signals, series.row["verdict"]]
    return f"{title(chart)}: {', '.join(parts)}"


def _line_words(series: _Series) -> list[str]:
    center, (lower, upper) = float(series.row["center"]), _limits(series)
    words = ["no center" if math.isnan(center) else f"center {center:.6g}"]
    return words if math.isnan(lower + upper) else [*words, f"limits {lower:.6g} to {upper:.6g}"]


def _limits(series: _Series) -> tuple[float, float]:
    """The latest limits of the last phase."""
    phase = series.column("phase")
    lower, upper = (series.column(name)[phase == phase[-1]] for name in ("lower", "upper"))
    known = np.flatnonzero(~np.isnan(lower + upper))
    return (float(lower[known[-1]]), float(upper[known[-1]])) if len(known) else (math.nan, math.nan)


def _possible(chart: Chart, value: float) -> float:
    """A limit as it is drawn: brought to the range that the measure can have."""
    known = chart.measure.data_type if chart.measure else None
    floor = -math.inf if known in (None, "continuous") else 0.0
    return min(max(value, floor), float(chart.spec.per) if known == "proportion" else math.inf)


def alt_text(chart: Chart) -> str:
    """The picture in words, for readers who do not see it."""
    series = _read(chart)
    known = np.flatnonzero(~np.isnan(series.value))
    if not len(known) or chart.summary.empty:
        return f"{title(chart)}: an empty chart, {_nothing(chart).removesuffix(' yet')}."
    values = series.value[known]
    parts = [
        f"{_capital(KIND_WORDS[str(series.row['kind'])])} of {title(chart)}, {plural(len(known), _noun(chart.step))} "
        f"from {series.when(known[0])} to {series.when(known[-1])}",
        f"values from {format_value(float(values.min()), chart.measure, unit=False)} "
        f"to {format_value(float(values.max()), chart.measure)}",
        _center(series),
    ]
    lower, upper = (_possible(chart, limit) for limit in _limits(series))
    if not math.isnan(upper):
        parts.append(f"limits {format_value(lower, chart.measure, unit=False)} to {format_value(upper, chart.measure)}")
    parts += _gap_words(chart)
    parts.append(f"{plural(int(series.signal.sum()), 'point')} with a signal")
    return f"{'; '.join(parts)}. {_headline(series)}"


def _gap_words(chart: Chart) -> list[str]:
    counts = np.bincount(chart.status, minlength=len(STATUSES)).tolist()
    words = ("", "without a value", "hidden", "excluded")
    return [f"{plural(n, _noun(chart.step))} {word}" for n, word in zip(counts, words, strict=True) if word and n]


def settings(charts: tuple[Chart, ...]) -> Findings:
    """Every argument that the numbers rest on, for the footer: what differs by measure, then what all share."""
    own = [Finding(f"{_kind_reason(chart)}; {_own_baseline(chart)}.", "", f"{title(chart)}:") for chart in charts]
    shared = dict.fromkeys(_shared(chart.spec) for chart in charts)
    return Findings(
        (*own, *(Finding(text, "", "All charts:" if len(shared) == 1 else "Some charts:") for text in shared))
    )


def _kind_reason(chart: Chart) -> str:
    if len(chart.summary) == 1 and chart.spec.kind == "auto":
        return str(chart.summary["notes"].iloc[0][0])
    kinds = ", ".join(KIND_WORDS[kind] for kind in sorted(set(chart.summary["kind"]))) or "no chart"
    return f"{kinds}, chosen by {'school' if chart.spec.kind == 'auto' else 'name'}"


def _own_baseline(chart: Chart) -> str:
    if len(chart.summary) == 1:
        return _baseline(_read(chart))
    wanted = chart.spec.baseline
    if wanted is None:
        return "lines from all points of each school"
    if isinstance(wanted, tuple):
        return f"baseline {wanted[0]} to {wanted[-1]}"
    return f"baseline: each school's first {wanted} {_noun(chart.step)}s"


def _shared(spec: ChartSpec) -> str:
    names = ", ".join(rule.name.replace("_", " ") for rule in spec.rules)
    parts = [
        f"{spec.method} limits at three standard deviations or the same exact probability",
        f"rules {names}",
        f"moving ranges {'screened once' if spec.screen == 'once' else 'not screened'}, constants {spec.constants}",
        f"gaps {'bridged' if spec.gaps == 'bridge' else 'break moving ranges'}, points on the center are skipped",
        f"verdict from the latest {spec.recent} useful points after the baseline, or few crossings of the whole series",
        f"better is {spec.better or 'neither up nor down'}",
    ]
    return _capital("; ".join(parts)) + "."


def definition(measure: Measure) -> Finding:
    """What a measure counts, for the footnote that a board asks for."""
    pairs = (("Numerator", measure.numerator_def), ("denominator", measure.denominator_def))
    sums = _capital("; ".join(f"{name}: {text.strip().rstrip('.')}" for name, text in pairs if text.strip()))
    estimated = "Numerators are estimated from a percent" if measure.estimated else ""
    parts = [part for part in (measure.definition.strip().rstrip("."), sums, estimated) if part]
    return Finding(". ".join(parts) + ".", "", f"{measure.name}:")


# Of fewer schools "more than half" says nothing.
ENOUGH = 5


def chance_words(one: Chance, name: str) -> Finding:
    """The number of signals found beside the number that chance alone would give."""
    text = (
        f"{one.found} of {one.judged} schools show a signal now; were every school stable and its values independent "
        f"of each other, about {one.expected:.1f} would show one by chance."
    )
    if not one.judged:
        return Finding("No school has enough values to be judged yet.", "", f"{name}:")
    if one.judged >= ENOUGH and one.found > one.judged / 2:
        text += " That is more than half: ask first what they share (a common change, season, weather, calendar)."
    return Finding(text, "", f"{name}:")
