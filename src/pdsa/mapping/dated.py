"""Tables without a column of periods: the title, the sheet, the file or the member of an archive tells when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pdsa.check import Coded
from pdsa.mapping.body import Body
from pdsa.mapping.formats import FORMATS, Context, begins, dissect, period_like
from pdsa.mapping.keys import constant, mapped
from pdsa.mapping.periods import find_periods_in_text
from pdsa.mapping.remarks import Remarks, shortened
from pdsa.mapping.tables import Table
from pdsa.records.imports import Choice, Mapping, Question

__all__ = ["dated"]

STEPS = ("day", "week", "month", "year")
# Days that tell when a report was made, not what it is about.
MADE = re.compile(
    r"\b(generated|printed|exported|downloaded|run|created|updated|released|published|revised|posted|accessed|retrieved"
    r"|as of|report date|data date|extract)",
    re.IGNORECASE,
)
OPEN = "2000-01-01"  # while a question waits


@dataclass(frozen=True, slots=True)
class _Told:
    """A period that a text tells, where the text stands, the text, and how fine the period is (0: a day)."""

    period: str
    where: str
    text: str
    fineness: int


def dated(body: Body, table: Table, mapping: Mapping, remarks: Remarks) -> Body:
    """The body with the period that its title, sheet, file or members tell, where it has no column of periods."""
    if body.period.header or mapping.layout == "wide":
        return body
    decisions = dict(mapping.decisions)
    decided = decisions.get(f"period:{table.name}")
    if decided:
        remarks.tell(f"{table.source}: no column of periods; {decided}, as answered")
        return _with(body, constant(decided, len(body.rows)))
    if (periods := _of_members(body, table)) is not None:
        remarks.tell(f"{table.source}: no column of periods; each member of the archive names its own")
        return _with(body, periods)
    found = _of_table(table)
    if found and len({_day(one.period) for one in found}) == 1:
        one = found[0]
        remarks.tell(f"{table.source}: no column of periods; {one.period} from {one.where} ({shortened(one.text)})")
        return _with(body, constant(one.period, len(body.rows)))
    if not found and decisions.get("period-of-file"):
        remarks.tell(f"{table.source}: no column of periods; {decisions['period-of-file']}, as answered")
        return _with(body, constant(decisions["period-of-file"], len(body.rows)))
    _ask(table, found, remarks)
    return _with(body, constant(OPEN, len(body.rows)))


def _with(body: Body, periods: Coded) -> Body:
    return replace(body, period=replace(body.period, texts=periods))


def _of_members(body: Body, table: Table) -> Coded | None:
    """The period of each row by the name of its member; None where not every name tells exactly one."""
    if table.members is None:
        return None
    found = {text: _told(text, "the member") for text in body.sources.texts}
    periods = {text: one.period for text, one in found.items() if one}
    return mapped(body.sources, periods.__getitem__) if len(periods) == len(found) else None


def _of_table(table: Table) -> list[_Told]:
    """The periods that title, sheet and file name tell, of the finest step among them."""
    sheet = table.source.partition("!")[2]
    places = [("the title", text) for text in table.titles]
    places += [("the sheet's name", sheet)] if sheet else []
    places += [("the file name", table.name)]
    found = [one for where, text in places if (one := _told(text, where))]
    finest = min((one.fineness for one in found), default=0)
    return [one for one in found if one.fineness == finest]


def _told(text: str, where: str) -> _Told | None:
    if MADE.search(text):
        return None
    several = (text.strip(),) if period_like(text) else tuple(dict.fromkeys(find_periods_in_text(text)))
    if len(several) != 1:
        return None
    return _Told(several[0], where, text, _fineness(several[0]))


def _readings(text: str) -> dict[str, date]:
    """The day on which a period begins, by the step of each format that reads it."""
    written, context = dissect(text), Context(any_year=True)
    days = ((one.step, begins(one, written, context)) for one in FORMATS)
    return {step: day for step, day in days if isinstance(day, date)}


def _fineness(text: str) -> int:
    return min((STEPS.index(step) for step in _readings(text)), default=len(STEPS))


def _day(text: str) -> date | str:
    found = _readings(text)
    return next((found[step] for step in STEPS if step in found), text)


def _ask(table: Table, found: Sequence[_Told], remarks: Remarks) -> None:
    """Ask when the numbers are from; choices where title and names contradict each other."""
    choices = tuple(Choice(one.period, f"as {one.where} says ({shortened(one.text, 40)})") for one in found)
    told = shortened(" / ".join((*table.titles, table.name)), 120)
    columns = shortened(", ".join(filter(None, table.headers)), 160)
    shown = (
        f"no column of periods among {columns}; {told}"
        if not found
        else f"{' but '.join(c.word for c in choices)}: {told}"
    )
    ask = (
        "when are these numbers from? Give the school year (2016-17), the month (2024-03) or the day; "
        "or name the column that says it with --answer period=COLUMN"
    )
    remarks.ask(Question(f"period:{table.name}", f"{table.source}, row {table.header}", shown, ask, choices))
