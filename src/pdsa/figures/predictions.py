"""How predictions turned out: over time with its interval, and each beside its result. Nobody is marked by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pdsa.cycles import Result, Span
from pdsa.cycles.calibration import FEWEST, counts
from pdsa.figures.axes import Scale
from pdsa.figures.drawing import drawing, framed, keyed, many
from pdsa.figures.figure import Figure
from pdsa.figures.frame import MIDDLE
from pdsa.figures.svg import BAND, DATA, INK, LIMIT, MUTED, PAPER, RULE, escape, line, number, path, width_of, write
from pdsa.figures.windows import expected
from pdsa.narrate.cycles import WHY_WORDS, moved_digits
from pdsa.narrate.words import format_value
from pdsa.records import Measure
from pdsa.terms import OUTCOME_WORDS, Outcome

WIDTH, HEIGHT = 720.0, 190.0
TEXT = 10.5
SHARES = ((1.0, "100%"), (0.75, "75%"), (0.5, "50%"), (0.25, "25%"), (0.0, "0%"))
LEVELS: dict[Outcome, float] = {"hit": 1.0, "partly": 0.5, "miss": 0.0}
FEW = f"Under {FEWEST} predictions with an outcome: too few to draw. Each one teaches by itself."

_RING = f'<circle cx="7" cy="7" r="5" fill="{PAPER}" stroke="{INK}" stroke-width="1.5"/>'
_SHAPES = {
    "hit": f'<circle cx="7" cy="7" r="5.7" fill="{INK}"/>',
    "partly": f'{_RING}<path d="M7 2a5 5 0 0 1 0 10z" fill="{INK}"/>',
    "miss": _RING,
    "not_measured": f'<path d="M3 7h8" stroke="{MUTED}" stroke-width="1.6"/>',
}


def outcome_symbol(outcome: Outcome) -> str:
    """Inline SVG of what became of a prediction, in ink alone; its word stands beside it."""
    return (
        '<svg class="pdsa-symbol" width="12" height="12" viewBox="0 0 14 14" aria-hidden="true" focusable="false">'
        f"{_SHAPES[outcome]}</svg>"
    )


def predictions_chart(
    results: Sequence[Result], spans: Sequence[tuple[date, Span]], *, width: float = WIDTH, title: str | None = None
) -> Figure:
    """The share that held after each prediction, with its interval; a sentence while there are under eight.

    Parameters
    ----------
    results
        Of one team, from `cycles.results`; those that count are drawn in the order in which they were known.
    spans
        From `cycles.over_time` of the same results.
    width
        In pixels; the picture scales to its place.
    title
        What the picture is called.
    """
    if not spans:
        return Figure(framed(f'<p class="pdsa-note">{FEW}</p>'), FEW)
    known = _known(results)
    name = title or "How our predictions turned out"
    last = spans[-1][1]
    counted = f"{many(len(known), 'prediction')}: {_counted(known)}."
    share = f"{last.value:.0%} held, those in part counting half; in the long run {last.low:.0%} to {last.high:.0%}."
    told = f"{counted} {share}"
    x = Scale(0.5, len(known) + 0.5, 42, width - 92)
    y = Scale(0.0, 1.0, HEIGHT - 34, 14)
    body = _grid(x, y) + _course(known, spans, x, y) + _marks(known, x, y) + _days(known, x)
    svg = drawing("pdsa-course", (width, HEIGHT), name, f"{told} {_steps(known)}", body)
    note = f'<figcaption class="pdsa-note" style="margin:0 0 .2em"><b>{escape(name)}</b> · {escape(told)}</figcaption>'
    key = [(outcome_symbol(one), OUTCOME_WORDS[one]) for one in LEVELS]
    return Figure(framed(note, svg, keyed(key), name="pdsa-predictions"), f"{name}. {told}")


def _known(results: Sequence[Result]) -> list[Result]:
    """The results that count, in the order in which they were known."""
    found = [one for one in results if counts(one) and one.closed and one.prediction.type != "probability"]
    return sorted(found, key=lambda one: (one.closed or date.max, one.prediction.id))


def _counted(known: Sequence[Result]) -> str:
    told = [one.told for one in known]
    return ", ".join(f"{told.count(outcome)} {OUTCOME_WORDS[outcome]}" for outcome in LEVELS)


def _steps(known: Sequence[Result]) -> str:
    steps = (f"{one.closed}: {one.prediction.question} {OUTCOME_WORDS[one.told]}" for one in known)
    return f"In order: {'; '.join(steps)}."


def _grid(x: Scale, y: Scale) -> str:
    parts = []
    for share, text in SHARES:
        parts.append(line(x.start, y(share), x.end, y(share), RULE))
        parts.append(write(x.start - 6, y(share) + 3.5, text, size=TEXT, color=MUTED, more=' text-anchor="end"'))
    return "".join(parts)


def _course(known: Sequence[Result], spans: Sequence[tuple[date, Span]], x: Scale, y: Scale) -> str:
    """The interval as a grey band, the share as a line; both begin with the eighth prediction."""
    at = {day: sum((one.closed or date.max) <= day for one in known) for day, _ in spans}
    rows = [(x(at[day]), y(span.value), y(span.low), y(span.high)) for day, span in spans]
    rows = [(rows[0][0] - 8, *rows[0][1:]), *rows] if len(rows) == 1 else rows
    there = "L".join(f"{number(a)} {number(low)}" for a, _, low, _ in rows)
    back = "L".join(f"{number(a)} {number(high)}" for a, _, _, high in reversed(rows))
    band = f'<path class="pdsa-band" d="M{there}L{back}Z" fill="{BAND}" stroke="{LIMIT}" stroke-dasharray="5 3"/>'
    d = "M" + "L".join(f"{number(a)} {number(value)}" for a, value, _, _ in rows)
    end, value, low, high = rows[-1]
    last = spans[-1][1]
    words = write(end + 12, value + 4, f"{last.value:.0%} held", size=11, color=INK, more=' font-weight="600"')
    words += write(
        end + 12, max(high, value - 13) if value - high > 26 else value - 11, f"{last.high:.0%}", size=TEXT, color=MUTED
    )
    words += write(end + 12, low + 4 if low - value > 26 else value + 18, f"{last.low:.0%}", size=TEXT, color=MUTED)
    return band + path(d, DATA, ' stroke-width="1.8" class="pdsa-share"') + words


def _marks(known: Sequence[Result], x: Scale, y: Scale) -> str:
    """A mark for each prediction on the line of what became of it."""
    size = min(1.0, max((x(2) - x(1)) / 13, 0.4))
    parts = []
    for i, one in enumerate(known, 1):
        title = f"<title>{escape(f'{one.closed}: {one.prediction.question} {OUTCOME_WORDS[one.told]}')}</title>"
        place = f"translate({number(x(i) - 7 * size)} {number(y(LEVELS[one.told]) - 7 * size)}) scale({size:.2g})"
        parts.append(f'<g class="pdsa-outcome pdsa-{one.told}" transform="{place}">{title}{_SHAPES[one.told]}</g>')
    return "".join(parts)


def _days(known: Sequence[Result], x: Scale) -> str:
    """The days on which predictions were known, as many as have room."""
    parts = [line(x.start, HEIGHT - 24, x.end, HEIGHT - 24, MUTED)]
    free = 0.0
    for i, one in enumerate(known, 1):
        half = width_of(str(one.closed), TEXT) / 2
        at = max(x(i), half)
        parts.append(line(x(i), HEIGHT - 24, x(i), HEIGHT - 21, MUTED))
        if at - half >= free:
            parts.append(write(at, HEIGHT - 9, str(one.closed), size=TEXT, color=MUTED, more=MIDDLE))
            free = at + half + 12
    return "".join(parts)


def predictions_table(
    results: Sequence[Result],
    *,
    cycles: Mapping[str, str] | None = None,
    measures: Mapping[str, Measure] | None = None,
) -> Figure:
    """Each prediction beside its result: what was expected and why, what the points say, what became of it.

    Parameters
    ----------
    results
        From `cycles.results`, in the order of the rows.
    cycles
        What a cycle is called, by id.
    measures
        Measures by id, for their units.
    """
    if not results:
        said = "Nothing has been predicted yet."
        return Figure(framed(f'<p class="pdsa-note">{said}</p>'), said)
    rows = [_cells(one, cycles or {}, (measures or {}).get(one.measure)) for one in results]
    names = ("Cycle", "Predicted", "Because", "Expected", "Result", "What became of it")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(_row(cells, one) for cells, one in zip(rows, results, strict=True))
    caption = "<caption>Each prediction beside its result</caption>"
    inside = f"{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    table = f'<div style="overflow-x:auto"><table class="pdsa-matrix pdsa-results">{inside}</table></div>'
    return Figure(framed(table, name="pdsa-wide"), "\n".join(" · ".join(filter(None, cells)) for cells in rows))


def _cells(result: Result, cycles: Mapping[str, str], measure: Measure | None) -> tuple[str, ...]:
    """The texts of a row."""
    one = result.prediction
    said = expected(one, measure, quoted=False) if one.type != "text" else ""
    group = f" for {one.group}" if one.group else ""
    return (
        cycles.get(one.cycle_id, one.cycle_id), one.question, one.because, f"{said}{group}".strip(),
        _came(result, measure), _became(result),
    )  # fmt: skip


def _came(result: Result, measure: Measure | None) -> str:
    """The value of the points that count, or the people's own, or why there is none."""
    one = result.prediction
    if result.value is not None:
        more = moved_digits(result, measure)
        level = f"; {format_value(result.before, measure, more=more)} before" if result.before is not None else ""
        return f"{format_value(result.value, measure, more=more)} ({many(result.n, 'point')}{level})"
    own = format_value(one.result_value, measure) if one.result_value is not None else ""
    if own or one.result_text:
        return f"the team says: {', '.join(filter(None, (own, one.result_text)))}"
    return WHY_WORDS[result.why] if result.why else ""


def _became(result: Result) -> str:
    """The word of the outcome, whose it is, and where people and chart say different things."""
    word = OUTCOME_WORDS[result.told]
    if result.differs and result.people:
        return f"{word} by the chart; the team says: {OUTCOME_WORDS[result.people]}"
    late = "; written down after the cycle's end, not counted" if result.late else ""
    return f"{word}{late}"


def _row(cells: tuple[str, ...], result: Result) -> str:
    head, *others, became = (f"<bdi>{escape(text)}</bdi>" if text else "" for text in cells)
    inside = "".join(f"<td>{text}</td>" for text in others)
    return f'<tr><th scope="row">{head}</th>{inside}<td>{outcome_symbol(result.told)} {became}</td></tr>'
