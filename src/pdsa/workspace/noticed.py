"""What an import shows beyond its rows: changed definitions, changed verdicts, measures and schools that may be one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from pdsa import feeds, ledger
from pdsa.mapping.draft import Draft, sample_of
from pdsa.mapping.headers import folded
from pdsa.records import Annotation, Measure, RunParams
from pdsa.workspace.additions import Declared
from pdsa.workspace.specs import specs_of
from pdsa.workspace.versions import observations_frame

__all__ = ["breaks_of", "header_rows", "likenesses", "verdicts_of"]


def breaks_of(folder: Path, drafted: Draft, charted: pd.DataFrame) -> list[tuple[Annotation | None, str]]:
    """Days from which a measure is published under another header, as annotations; jumps of denominators are told."""
    uses = _uses(folder, drafted)
    answers = dict(drafted.mapping.decisions)
    found: list[tuple[Annotation | None, str]] = []
    headed = {(one.measure, one.date) for one in feeds.definition_breaks(charted.iloc[:0], uses)}
    for one in feeds.definition_breaks(sample_of(charted), uses):
        answer = answers.get(f"break:{one.measure}", "break" if (one.measure, one.date) in headed else "")
        place = f"{one.measure}, {one.date:%Y-%m-%d}: {one.found}"
        if answer == "break":
            words = (
                f"charts begin anew there (a row of annotations.csv; --answer 'break:{one.measure}=ignore' makes none)"
            )
            found.append((one.annotation(), f"{place}; {words}"))
        elif answer != "ignore":
            words = f"if it is counted in another way, --answer 'break:{one.measure}=break' begins the charts anew"
            found.append((None, f"{place}; {words}"))
    return found


def _uses(folder: Path, drafted: Draft) -> list[feeds.HeaderUse]:
    """Which header each measure had in which periods, in this import and in those before it."""
    before = ledger.latest(folder, drafted.mapping.name)
    rows = [*(before.headers if before else ()), *header_rows(drafted)]
    return [
        feeds.HeaderUse(measure, part, folded(header), date.fromisoformat(first), date.fromisoformat(last), source)
        for measure, part, header, first, last, source in dict.fromkeys(rows)
    ]


def header_rows(drafted: Draft) -> tuple[tuple[str, str, str, str, str, str], ...]:
    """Measure, part, header, first and last period and source of every column that was read."""
    imported = drafted.imported
    if imported is None:
        return ()
    frame = imported.frame
    spans = frame.groupby(["source", "measure"], observed=True)["period"].agg(["min", "max"])
    found = []
    for measure, part, header, source in imported.headers:
        own = spans[
            [
                named in (measure, "") or not measure if one == source or one.startswith(f"{source}!") else False
                for one, named in spans.index
            ]
        ]
        if len(own):
            first, last = own["min"].min(), own["max"].max()
            found.append((measure, part, header, f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}", source))
    return tuple(found)


def verdicts_of(
    folder: Path, name: str, charted: pd.DataFrame, there: Declared, measures: Sequence[Measure]
) -> tuple[str, ...]:
    """Series that are judged otherwise than after the last import, in words."""
    entry = ledger.latest(folder, name)
    if entry is None:
        return ()
    before = observations_frame(ledger.version(folder, entry, charted=True))
    names = {one: one for one in pd.unique(charted["school"].astype(str))}
    specs = specs_of(RunParams("import"), measures, there.annotations, there.network.calendar, names)
    changes = feeds.verdict_changes(before, charted, measures, there.network.calendar, specs)
    # that a school which is new has a verdict now is no change of one
    return tuple(str(one) for one in changes if (one.before, one.after) != ("no_data", "too_few"))


def likenesses(drafted: Draft, there: Declared) -> list[str]:
    """Measures that may be one, and schools that have another name than schools.csv says, in words."""
    imported = drafted.imported
    if imported is None:
        return []
    names = {one.id: one.name for one in there.schools}
    renamed = [
        f"school {one.id} is called {one.name} in the file and {names[one.id]} in schools.csv; the id counts"
        for one in imported.schools
        if one.name != one.id and one.id in names and folded(one.name) != folded(names[one.id])
    ]
    return [*map(str, feeds.same_values(sample_of(imported.frame))), *renamed, *map(str, _renumbered(drafted, there))]


def _renumbered(drafted: Draft, there: Declared) -> list[str]:
    """New ids under a name that another school of schools.csv has."""
    imported = drafted.imported
    known = {one.id for one in there.schools}
    by_name = {(folded(one.name), one.district): one.id for one in there.schools if one.name != one.id}
    new = [one for one in (imported.schools if imported else ()) if one.id not in known and one.name != one.id]
    return [
        f"the new school {one.id} is called {one.name}, as {by_name[folded(one.name), one.district]} is: a new number?"
        for one in new
        if (folded(one.name), one.district) in by_name
    ]
