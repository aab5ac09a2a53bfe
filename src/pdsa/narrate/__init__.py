"""A Chart in sentences: headline, alt text, the names of things; words that only rules may choose."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from pdsa.chart import Chart
from pdsa.chart.notes import label_of
from pdsa.narrate.evidence import evidence
from pdsa.narrate.series import STALE, Series, baseline_words, center_words, old_value, read
from pdsa.narrate.targets import SIGNALS, assurance_told, assurance_word, target_words
from pdsa.narrate.words import (
    Finding,
    Findings,
    capital,
    format_period,
    format_value,
    in_unit,
    noun_of,
    plural,
    possible_range,
    title,
)
from pdsa.network import Chance
from pdsa.records import ChartSpec, Measure
from pdsa.rules import CHART_RULES
from pdsa.terms import (
    ASSURANCE_WORDS,
    KIND_WORDS,
    MIN_USEFUL,
    RULE_WORDS,
    STATUS_WORDS,
    STATUSES,
    VERDICT_MEANINGS,
    VERDICT_WORDS,
)

__all__ = [
    "ASSURANCE_WORDS",
    "KIND_WORDS",
    "RULE_WORDS",
    "SIGNALS",
    "STALE",
    "VERDICT_MEANINGS",
    "VERDICT_WORDS",
    "Account",
    "Finding",
    "Findings",
    "account",
    "alt_text",
    "assurance_told",
    "assurance_word",
    "chance_words",
    "definition",
    "format_period",
    "format_value",
    "headline",
    "headlines",
    "in_unit",
    "notes",
    "noun_of",
    "old_value",
    "plural",
    "possible_range",
    "rule_words",
    "settings",
    "summary_line",
    "title",
    "verdict_of",
]

# A headline names so many earlier patterns; all of them stand in the table.
MOST_PATTERNS = 3


@dataclass(frozen=True, slots=True)
class Account:
    """All that is said about one series, from one reading of its summary row.

    `alt` describes the picture; `line` is for strict checks; `assurance` is empty where the sentence does not judge
    the target, so that no icon says more than the words.
    """

    alt: str
    line: str
    verdict: str
    assurance: str


def account(chart: Chart) -> Account:
    """Alt text, summary line, verdict and assurance of a chart of one series."""
    series = read(chart)
    return Account(_alt(series), _line(series), _verdict(series), assurance_told(series.row))


def verdict_of(chart: Chart) -> str:
    """The verdict of a single series, `no_data` where it has no value at all."""
    return _verdict(read(chart))


def _verdict(series: Series) -> str:
    if not series.row or np.isnan(series.value).all():
        return "no_data"
    return str(series.row["verdict"])


def headline(chart: Chart) -> Finding:
    """What one series says now; only its verdict chooses the words."""
    return _headline(read(chart))


def _headline(series: Series) -> Finding:
    verdict, name = _verdict(series), title(series.chart)
    lead = f"{name}: {VERDICT_WORDS[verdict]}."
    if verdict == "no_data":
        return Finding(f"{capital(_nothing(series.chart))}.", verdict, lead)
    if verdict == "too_few":
        return Finding(" ".join(filter(None, (_too_few(series), _stale(series)))), verdict, lead)
    if verdict == "common_cause":
        now = f"No signal in the latest {series.noun}s, around {center_words(series)}."
    else:
        now = f"{capital(evidence(series))}."
    chance = _by_chance(series) if verdict in SIGNALS else ""
    parts = (now, _stale(series), target_words(series), _history(series), chance)
    return Finding(" ".join(part for part in parts if part), verdict, lead)


def _stale(series: Series) -> str:
    """When the last value was, where it is no longer of now."""
    if (old := old_value(series.value)) is None:
        return ""
    last, since = old
    return f"The last value is that of {series.when(last)}: there is none in the {since} {series.noun}s since."


def _nothing(chart: Chart) -> str:
    found = {STATUSES[code] for code in set(chart.status.tolist())}
    if "suppressed" in found:
        return "all that was reported is hidden because the group is small"
    if found == {"not_applicable"}:
        return "nothing was to be reported yet"
    return "what was reported cannot be used" if found & {"error", "excluded"} else "nothing has been reported yet"


def _too_few(series: Series) -> str:
    row, noun = series.row, series.noun
    useful = int(row["n_useful"])
    if _same(series):
        told = f"Every value that counts is {series.told(float(row['last']))}: nothing varies, so nothing can signal."
        return f"{told} {target_words(series)}".rstrip()
    more = MIN_USEFUL - useful
    least = "at least " if series.there.sum() > useful else ""
    wait = f"{least}{plural(more, f'more {noun}')} until we can judge."
    return f"{useful} of {MIN_USEFUL} useful {noun}s are in: {wait}"


def _same(series: Series) -> bool:
    """Whether there are values, and all of them lie on their center."""
    return bool(series.there.sum() > 1 and series.row["n_useful"] == 0 and not math.isnan(float(series.row["center"])))


def _history(series: Series) -> str:
    found = [rule_words(series.chart, name) for name in str(series.row["history"]).split(",") if name]
    names = list(dict.fromkeys(found))
    if len(names) > MOST_PATTERNS:
        names = [*names[: MOST_PATTERNS - 1], "other patterns"]
    listed = " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    return f"Earlier {series.noun}s show {listed}." if names else ""


def rule_words(chart: Chart, column: str) -> str:
    """What a rule of the chart is called, by the name of its column without `rule_`."""
    if column in RULE_WORDS:
        return RULE_WORDS[column]
    named = next((rule.name for rule in chart.spec.rules if rule.column == column), column)
    return RULE_WORDS.get(named, named.replace("_", " "))


def _by_chance(series: Series) -> str:
    """How often chance alone would give such a chart a signal; nothing where nobody has computed it."""
    chance = float(series.row.get("false_alarm", math.nan))
    if math.isnan(chance):
        return ""
    often = "fewer than 1" if chance < 0.005 else "more than 99" if chance > 0.995 else f"about {100 * chance:.0f}"
    return f"Over their whole length {often} of 100 stable charts like this one signal somewhere by chance."


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
            found.append(Finding(f"{capital('; '.join(facts))}.", "", f"{title(chart)}:"))
    return Findings(tuple(found))


def summary_line(chart: Chart) -> str:
    """Kind, counts, lines and signals in one line that is the same each time: what strict checks compare."""
    if len(chart.summary) > 1:
        verdicts = chart.summary["verdict"].value_counts().sort_index()
        return f"{title(chart)}: {len(chart.summary)} series; " + ", ".join(f"{v} {n}" for v, n in verdicts.items())
    return _line(read(chart))


def _line(series: Series) -> str:
    if not series.row:
        return f"{title(series.chart)}: no series"
    row, signals = series.row, f"{plural(int(series.signal.sum()), 'point')} with a signal"
    told = [str(row["verdict"]), *([f"target {row['assurance']}"] if isinstance(row["assurance"], str) else [])]
    chance = float(row.get("false_alarm", math.nan))
    told += [] if math.isnan(chance) else [f"false alarm {chance:.2f}"]
    facts = [str(row["kind"]), f"n {row['n']}", *_line_words(series), signals, *told]
    return f"{title(series.chart)}: {', '.join(facts)}"


def _line_words(series: Series) -> list[str]:
    center, (lower, upper) = float(series.row["center"]), series.limits
    words = ["no center" if math.isnan(center) else f"center {center:.6g}"]
    if math.isnan(lower) or math.isnan(upper):
        return words + [f"{n} limit {v:.6g}" for n, v in (("lower", lower), ("upper", upper)) if not math.isnan(v)]
    return [*words, f"limits {lower:.6g} to {upper:.6g}"]


def alt_text(chart: Chart) -> str:
    """The picture in words, for readers who do not see it; of many series the counts of their verdicts."""
    if len(chart.summary) > 1:
        found = Counter(chart.summary["verdict"])
        told = ", ".join(f"{found[verdict]} {word}" for verdict, word in VERDICT_WORDS.items() if found[verdict])
        return f"Charts of {title(chart)}, {len(chart.summary)} series on one scale: {told}."
    return _alt(read(chart))


def _alt(series: Series) -> str:
    chart, name = series.chart, title(series.chart)
    known = np.flatnonzero(~np.isnan(series.value))
    if not len(known) or not series.row:
        return f"{name}: an empty chart, {_nothing(chart).removesuffix(' yet')}."
    values = series.value[known]
    parts = [
        f"{capital(KIND_WORDS[str(series.row['kind'])])} of {name}, {plural(len(known), series.noun)} "
        f"from {series.when(known[0])} to {series.when(known[-1])}",
        f"values from {series.told(float(values.min()), unit=False)} to {series.told(float(values.max()))}",
        center_words(series),
        *_limit_words(series),
        *_gap_words(series),
        f"{plural(int(series.signal.sum()), 'point')} with a signal",
    ]
    return f"{'; '.join(parts)}. {_headline(series)}"


def _limit_words(series: Series) -> list[str]:
    """The limits as they are drawn: brought to the range that the measure can have."""
    floor, ceiling = possible_range(series.chart, series.kinds, series.value)
    lower, upper = (min(max(limit, floor), ceiling) for limit in series.limits)
    if math.isnan(lower) or math.isnan(upper):
        named = (("lower", lower), ("upper", upper))
        return [f"{name} limit {series.told(limit)}" for name, limit in named if not math.isnan(limit)]
    return [f"limits {series.told(lower, unit=False)} to {series.told(upper)}"]


def _gap_words(series: Series) -> list[str]:
    """Phases, new instruments, and the periods that are no ordinary points."""
    counts = np.bincount(series.chart.status, minlength=len(STATUSES)).tolist()
    words = [STATUS_WORDS[status] for status in STATUSES]
    gaps = [f"{plural(n, series.noun)} {word}" for n, word in zip(counts, words, strict=True) if word and n]
    changes = _changes(series)
    told = [f"{series.phases} phases with lines of their own"] if series.phases > 1 else []
    return told + ([f"measured in a new way from {' and '.join(changes)}"] if changes else []) + gaps


def _changes(series: Series) -> list[str]:
    if "instrument" not in series.chart.extra:
        return []
    return [
        series.when(at) for at in (np.flatnonzero(np.diff(series.chart.extra["instrument"].to_numpy())) + 1).tolist()
    ]


def settings(charts: tuple[Chart, ...]) -> Findings:
    """Every argument that the numbers rest on, for the footer: what differs by measure, then what all share."""
    own = [Finding(f"{_kind_reason(chart)}; {_own_baseline(chart)}.", "", f"{title(chart)}:") for chart in charts]
    shared: dict[str, list[str]] = {}
    for chart in charts:
        shared.setdefault(_shared(chart.spec), []).append(title(chart))
    leads = ("All charts:" if len(shared) == 1 else f"{', '.join(names)}:" for names in shared.values())
    return Findings((*own, *(Finding(text, "", lead) for text, lead in zip(shared, leads, strict=True))))


def _kind_reason(chart: Chart) -> str:
    if len(chart.summary) == 1 and chart.spec.kind == "auto":
        return str(chart.summary["notes"].iloc[0][0])
    kinds = ", ".join(KIND_WORDS[kind] for kind in sorted(set(chart.summary["kind"]))) or "no chart"
    return f"{kinds}, chosen by {'school' if chart.spec.kind == 'auto' else 'name'}"


def _own_baseline(chart: Chart) -> str:
    if len(chart.summary) == 1:
        series = read(chart)
        chance = _by_chance(series).rstrip(".")  # of the whole chart, as the notes speak of the next points alone
        label = f"{label_of(len(series.used))} limits" if _limited(series) else ""
        told_all = (baseline_words(series), label, _better(chart.spec), chance[:1].lower() + chance[1:])
        return "; ".join(filter(None, told_all))
    wanted = chart.spec.baseline
    if wanted is None:
        told = "lines from all points of each school"
    elif isinstance(wanted, tuple):
        told = f"baseline {wanted[0]} to {wanted[-1]}"
    else:
        told = f"baseline: each school's first {wanted} {noun_of(chart.step)}s"
    return f"{told}; {_better(chart.spec)}"


def _limited(series: Series) -> bool:
    """Whether the chart has limits that a baseline was needed for."""
    return not np.isnan(series.limits).all() and series.chart.spec.sigma is None


def _better(spec: ChartSpec) -> str:
    return f"better is {spec.better or 'neither up nor down'}"


def _shared(spec: ChartSpec) -> str:
    names = ", ".join(rule.column.replace("_", " ") for rule in spec.rules)
    parts = [
        f"{spec.method} limits at three standard deviations or the same exact probability",
        f"rules {names}",
        f"moving ranges {'screened once' if spec.screen == 'once' else 'not screened'}, "
        f"{'averaged by their median, ' if spec.spread == 'median' else ''}constants {spec.constants}",
        f"gaps {'bridged' if spec.gaps == 'bridge' else 'break moving ranges'}, "
        f"points on the center {'are skipped' if spec.ties == 'skip' else 'end a run'}",
        f"verdict from the latest {spec.recent} useful points after the baseline{_of_all(spec)}",
    ]
    return capital("; ".join(parts)) + "."


def _of_all(spec: ChartSpec) -> str:
    """The rules that speak of the whole series."""
    names = [rule.column.replace("_", " ") for rule in spec.rules if rule.name in CHART_RULES]
    return f", or {' or '.join(names)} of the whole series" if names else ""


def definition(measure: Measure) -> Finding:
    """What a measure counts, for the footnote that a board asks for."""
    pairs = (("Numerator", measure.numerator_def), ("denominator", measure.denominator_def))
    sums = capital("; ".join(f"{name}: {text.strip().rstrip('.')}" for name, text in pairs if text.strip()))
    estimated = "Numerators are estimated from a percent" if measure.estimated else ""
    parts = [part for part in (measure.definition.strip().rstrip("."), sums, estimated) if part]
    return Finding(". ".join(parts) + ".", "", f"{measure.name}:")


# Of fewer schools "more than half" says nothing.
ENOUGH = 5


def chance_words(one: Chance, name: str) -> Finding:
    """The number of signals found beside the number that chance alone would give, as exactly as it is simulated."""
    expected = f"{one.expected:.{0 if one.expected >= 1 else 1}f}"
    text = (
        f"{one.found} of {one.judged} schools show a signal now; were all of them stable and their values independent "
        f"of each other, about {expected} of these {one.judged} charts would show one now by chance."
    )
    if not one.judged:
        return Finding("No school has enough values to be judged yet.", "", f"{name}:")
    if one.judged >= ENOUGH and one.found > one.judged / 2:
        text += " That is more than half: ask first what they share (a common change, season, weather, calendar)."
    return Finding(text, "", f"{name}:")
