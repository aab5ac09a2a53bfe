"""A Chart in sentences: headline, alt text, the names of things; words that only rules may choose."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from pdsa.chart import Chart
from pdsa.network import Chance
from pdsa.records import ChartSpec, Measure
from pdsa.terms import MIN_USEFUL, STATUSES, Step

VERDICT_WORDS = {
    "improvement": "better",
    "concern": "worse",
    "change": "changed",
    "common_cause": "steady",
    "too_few": "too early to say",
    "no_data": "no data",
}
VERDICT_MEANINGS = {
    "improvement": "a signal in the good direction in the latest points",
    "concern": "a signal in the bad direction in the latest points",
    "change": "a signal without a better direction, or a pattern that is not random",
    "common_cause": "no signal in the latest points: ordinary variation",
    "too_few": f"under {MIN_USEFUL} useful points: nothing is judged yet",
    "no_data": "nothing was reported",
}
RULE_WORDS = {
    "outside": "a point outside the limits",
    "long_run": "a long run on one side of the center",
    "few_crossings": "unusually few crossings of the center",
}
KIND_WORDS = {
    "run": "run chart",
    "i": "I chart",
    "mr": "chart of moving ranges",
    "p": "P chart",
    "p_prime": "P-prime chart",
    "u": "U chart",
    "u_prime": "U-prime chart",
}
ASSURANCE_WORDS = {
    "met": "is met reliably: the limits lie wholly on its good side",
    "by_chance": "is met by chance in some {periods}; to meet it reliably the process must change",
    "not_expected": "cannot be expected of this process as it is",
}


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


def format_value(value: float, measure: Measure | None, unit: bool = True) -> str:
    """A value as sentences, axes and tooltips print it: `87.3%`, `31.2 minutes`; a percent sign always stays."""
    if value is None or math.isnan(value):
        return "no value"
    name = measure.unit if measure else ""
    size = abs(value)
    number = f"{value:.1f}" if 1 <= size < 1000 or value == 0 else f"{value:.0f}" if size >= 1000 else f"{value:.3g}"
    if name == "%":
        return f"{value:.1f}%"
    return f"{number} {name}".rstrip() if unit else number


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


def baseline_words(chart: Chart) -> str:
    """Which points the lines come from: `baseline: 12 weeks, 2024-09-02 to 2024-11-18`."""
    used = chart.points[chart.points["baseline"] & chart.points["value"].notna()]
    if used.empty:
        return "no baseline"
    noun = plural(len(used), _noun(chart.step))
    span = _span(used["period"].iloc[0], used["period"].iloc[-1])
    frozen = not chart.points["baseline"].equals(chart.points["included"])
    return f"baseline: {noun}{span}" if frozen else f"all {noun}{span}"


def _span(first: object, last: object) -> str:
    if isinstance(first, pd.Timestamp) and isinstance(last, pd.Timestamp):
        return f", {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f", {first} to {last}"


def plural(n: int, noun: str) -> str:
    """`1 week`, `3 weeks`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _noun(step: Step | None) -> str:
    return step or "point"


def headline(chart: Chart) -> Finding:
    """What one series says now; only its verdict chooses the words."""
    verdict = verdict_of(chart)
    lead = f"{title(chart)}: {VERDICT_WORDS[verdict]}."
    if verdict == "no_data":
        return Finding("Nothing has been reported yet.", verdict, lead)
    row = chart.summary.iloc[0]
    if verdict == "too_few":
        return Finding(_too_few(chart, row), verdict, lead)
    if verdict == "common_cause":
        now = f"No signal in the latest {_noun(chart.step)}s, around {_center(chart, row)}."
    else:
        now = f"{_capital(_evidence(chart, row))}."
    return Finding(" ".join(part for part in (now, _target(chart, row), _history(chart, row)) if part), verdict, lead)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _too_few(chart: Chart, row: pd.Series) -> str:
    values = int(chart.points.loc[chart.points["included"], "value"].notna().sum())
    useful = int(row["n_useful"])
    noun = _noun(chart.step)
    if values > 1 and useful == 0:
        same = format_value(float(row["last"]), chart.measure)
        told = f"Every value so far is {same}: nothing varies, so nothing can signal."
        return f"{told} {_constant_target(chart, row)}".rstrip()
    more = MIN_USEFUL - useful
    least = "at least " if values > useful else ""
    wait = f"{least}{plural(more, f'more {noun}')} until we can judge."
    return f"{useful} of {MIN_USEFUL} useful {noun}s are in: {wait}"


def _center(chart: Chart, row: pd.Series) -> str:
    word = "the median" if row["kind"] == "run" else "the center"
    return f"{word} of {format_value(float(row['center']), chart.measure)} ({baseline_words(chart)})"


def _evidence(chart: Chart, row: pd.Series) -> str:
    """The latest signalled point and its rules; few crossings where no point is signalled."""
    fired = chart.points[chart.points["signal"] & chart.points["included"]]
    recent = fired[fired["period"].isin(_recent_periods(chart))]
    noun = _noun(chart.step)
    if recent.empty:
        crossed = f"{int(row['crossings'])} times where at least {int(row['crossings_min'])} are ordinary"
        return f"the values cross {_center(chart, row)} only {crossed}"
    last = recent.iloc[-1]
    high = last["value"] > last["center"]
    parts = []
    if last["rule_long_run"]:
        run = _run_length(chart.points, high, int(recent.index[-1]))
        parts.append(f"{run} {noun}s in a row {'above' if high else 'below'} {_center(chart, row)}")
    if last["rule_outside"]:
        line = format_value(float(last["upper" if high else "lower"]), chart.measure, unit=False)
        where = f"{'above the upper' if high else 'below the lower'} limit of {line}"
        value = format_value(float(last["value"]), chart.measure, unit=not parts)
        parts.append(f"{format_period(last['period'], chart.step)} at {value} lies {where}")
    return "; ".join(parts)


def _recent_periods(chart: Chart) -> pd.Series:
    """Periods of the latest useful points that the verdict looks at."""
    points = chart.points
    useful = points[points["included"] & points["value"].notna() & (points["value"] != points["center"])]
    return useful["period"].tail(chart.spec.recent)


def _run_length(points: pd.DataFrame, high: bool, last: int) -> int:
    """Useful points of the run that ends at, or goes on beyond, the last signalled point."""
    useful = points[points["included"] & points["value"].notna() & (points["value"] != points["center"])]
    same = (useful["value"] > useful["center"]).eq(high)
    run_number = same.ne(same.shift()).cumsum()
    return int((run_number == run_number.loc[last]).sum())


def _target(chart: Chart, row: pd.Series) -> str:
    if chart.spec.target is None or row["assurance"] is None or pd.isna(row["assurance"]):
        return ""
    target = format_value(chart.spec.target, chart.measure, unit=False)
    if row["verdict"] in ("improvement", "concern", "change"):
        return f"The target of {target} is judged once the new level has limits of its own."
    words = ASSURANCE_WORDS[row["assurance"]].format(periods=f"{_noun(chart.step)}s")
    return f"The target of {target} {words}."


def _constant_target(chart: Chart, row: pd.Series) -> str:
    if chart.spec.target is None or row["assurance"] not in ("met", "not_expected"):
        return ""
    target = format_value(chart.spec.target, chart.measure, unit=False)
    return f"Every value {'meets' if row['assurance'] == 'met' else 'misses'} the target of {target}."


def _history(chart: Chart, row: pd.Series) -> str:
    names = [RULE_WORDS[name] for name in str(row["history"]).split(",") if name]
    return f"Earlier {_noun(chart.step)}s show {' and '.join(names)}." if names else ""


def headlines(charts: tuple[Chart, ...]) -> Findings:
    """The headline of each chart, in the order given."""
    return Findings(tuple(headline(chart) for chart in charts))


def notes(charts: tuple[Chart, ...]) -> Findings:
    """The notes of each chart as sentences: facts about the data that a reader must know.

    The reason for the kind of chart stands in the settings.
    """
    found = []
    for chart in charts:
        facts = _facts(chart)
        if facts:
            found.append(Finding(f"{_capital('; '.join(facts))}.", "", f"{title(chart)}:"))
    return Findings(tuple(found))


def _facts(chart: Chart) -> tuple[str, ...]:
    every = chart.summary["notes"].iloc[0] if len(chart.summary) else ()
    return every[1:] if chart.spec.kind == "auto" else every


def summary_line(chart: Chart) -> str:
    """Kind, counts, lines and signals in one line that is the same each time: what strict checks compare."""
    if chart.summary.empty:
        return f"{title(chart)}: no series"
    if len(chart.summary) > 1:
        verdicts = chart.summary["verdict"].value_counts().sort_index()
        return f"{title(chart)}: {len(chart.summary)} series; " + ", ".join(f"{v} {n}" for v, n in verdicts.items())
    row, points = chart.summary.iloc[0], chart.points
    lines = (
        ""
        if math.isnan(_last(points["upper"]))
        else f", limits {_last(points['lower']):.6g} to {_last(points['upper']):.6g}"
    )
    signals = f"{int(points['signal'].sum())} points with a signal"
    return (
        f"{title(chart)}: {row['kind']}, n {row['n']}, center {row['center']:.6g}{lines}, {signals}, {row['verdict']}"
    )


def _last(values: pd.Series) -> float:
    known = values.dropna()
    return float(known.iloc[-1]) if len(known) else math.nan


def alt_text(chart: Chart) -> str:
    """The picture in words, for readers who do not see it."""
    points = chart.points
    known = points[points["value"].notna()]
    if known.empty or chart.summary.empty:
        return f"{title(chart)}: an empty chart, nothing has been reported."
    row = chart.summary.iloc[0]
    first, last = known.iloc[0], known.iloc[-1]
    kind = KIND_WORDS[str(row["kind"])]
    parts = [
        f"{kind[0].upper()}{kind[1:]} of {title(chart)}, {plural(len(known), _noun(chart.step))} "
        f"from {format_period(first['period'], chart.step)} to {format_period(last['period'], chart.step)}",
        f"values from {format_value(float(known['value'].min()), chart.measure, unit=False)} "
        f"to {format_value(float(known['value'].max()), chart.measure)}",
        f"{_center(chart, row)}",
    ]
    upper, lower = _last(points["upper"]), _last(points["lower"])
    if not math.isnan(upper):
        parts.append(f"limits {format_value(lower, chart.measure, unit=False)} to {format_value(upper, chart.measure)}")
    parts += _gap_words(chart)
    parts.append(f"{plural(int(points['signal'].sum()), 'point')} with a signal")
    return f"{'; '.join(parts)}. {headline(chart)}"


def _gap_words(chart: Chart) -> list[str]:
    counts = pd.Series(chart.status).value_counts()
    words = {"missing": "without a value", "suppressed": "hidden", "excluded": "excluded"}
    return [
        f"{plural(int(counts[code]), _noun(chart.step))} {words[name]}"
        for code, name in enumerate(STATUSES)
        if name in words and counts.get(code, 0)
    ]


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
        return baseline_words(chart)
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
        f"verdict from the latest {spec.recent} useful points after the baseline",
    ]
    return _capital("; ".join(parts)) + "."


def definition(measure: Measure) -> Finding:
    """What a measure counts, for the footnote that a board asks for."""
    parts = [measure.definition.rstrip(".")]
    if measure.numerator_def:
        parts.append(f"Numerator: {measure.numerator_def}; denominator: {measure.denominator_def}")
    if measure.estimated:
        parts.append("Numerators are estimated from a percent")
    return Finding(". ".join(parts) + ".", "", f"{measure.name}:")


def chance_words(one: Chance, name: str) -> Finding:
    """The number of signals found beside the number that chance alone would give."""
    text = (
        f"{one.found} of {one.judged} schools show a signal now; were every school stable, "
        f"about {one.expected:.1f} would show one by chance."
    )
    if one.judged and one.found > one.judged / 2:
        text += " That is more than half: ask first what they share (a common change, season, weather, calendar)."
    return Finding(text, "", f"{name}:")
