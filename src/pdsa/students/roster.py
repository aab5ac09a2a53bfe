"""Rosters and results (OneRoster) -> enrollment and shares of passing scores of schools; students are only counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pdsa.check import Findings, coded, read_numbers
from pdsa.errors import InputError, Problem
from pdsa.records.imports import Choice, Question
from pdsa.terms import OBSERVATION_COLUMNS

__all__ = ["RosterCounts", "passing_scores", "roster_enrollment", "roster_questions"]

Tables = Mapping[str, pd.DataFrame]

SCHOOL_YEAR = "schoolYear"
DELETED = "tobedeleted"
GRADED = ("fully graded", "partially graded", "")
FILES = {
    "oneroster_orgs": "orgs.csv",
    "oneroster_sessions": "academicSessions.csv",
    "oneroster_classes": "classes.csv",
    "oneroster_enrollments": "enrollments.csv",
    "oneroster_line_items": "lineItems.csv",
    "oneroster_results": "results.csv",
}


@dataclass(frozen=True, slots=True, eq=False)
class RosterCounts:
    """Observations of schools, and what was done on the way to them; as `students.Aggregated`."""

    observations: pd.DataFrame
    told: tuple[str, ...]


def roster_questions(tables: Tables, decisions: Mapping[str, str]) -> tuple[Question, ...]:
    """What must be known before results become a share: from which share of the most points a score passes."""
    if "oneroster_results" not in tables or "pass" in decisions:
        return ()
    choices = (
        Choice("60", "a score of at least 60% of the most points passes"),
        Choice("65", "a score of at least 65% passes"),
        Choice("70", "a score of at least 70% passes"),
    )
    found = f"{len(tables['oneroster_results']):,} results, and nothing that says which score passes"
    ask = "From which percent of the most points does a score pass? (another number is possible)"
    return (Question("pass", "results.csv", found, ask, choices),)


def roster_enrollment(tables: Tables, sessions: str = SCHOOL_YEAR, source: str = "OneRoster") -> RosterCounts:
    """Students enrolled in any class of a school, in each session of a type: the measure `enrollment`.

    A class of a whole year counts in each of its semesters, and one of a semester in its year. The period is the
    first day of the session; of a school year, July 1 before it.

    Parameters
    ----------
    tables
        As `mapping.exports.export_tables` gives them: enrollments, classes, academic sessions, orgs.
    sessions
        `schoolYear`, `semester`, `term` or `gradingPeriod`.

    Raises
    ------
    InputError
        If a table is missing, no session has the type, or most enrollments are of classes that are not there.
    """
    used = _tables(
        tables, ("oneroster_enrollments", "oneroster_classes", "oneroster_sessions", "oneroster_orgs"), source
    )
    enrolled = used["oneroster_enrollments"]
    students = enrolled[enrolled["role"].str.casefold() == "student"]
    classes = used["oneroster_classes"].drop_duplicates("id").set_index("id")
    known = students["class"].isin(classes.index)
    _check_most(known, "enrollments.csv", "classes that stand in classes.csv", source)
    students = students[known]
    periods = _periods(used["oneroster_sessions"], sessions, source)
    of_class = classes["sessions"].map(lambda text: _sessions_of(text, used["oneroster_sessions"], periods))
    rows = pd.DataFrame(
        {
            "school": _numbers_of_schools(classes["school"].reindex(students["class"]), used["oneroster_orgs"]),
            "student": students["student"].to_numpy(),
            "period": of_class.reindex(students["class"]).to_numpy(),
        }
    ).explode("period")
    without = int(rows["period"].isna().sum())
    counts = rows.dropna().drop_duplicates().groupby(["school", "period"], sort=True).size()
    told = [f"enrollment: students enrolled in any class of a session of the type {sessions}"]
    if not known.all():
        told.append(f"{int((~known).sum()):,} enrollments of classes that are not in classes.csv were set aside")
    if without:
        told.append(f"{without:,} enrollments of classes without a session of this type were set aside")
    table = counts.rename("value").reset_index().assign(measure="enrollment", numerator=np.nan, denominator=np.nan)
    return RosterCounts(_observations(table, source), tuple(told))


def passing_scores(tables: Tables, pass_percent: float, source: str = "OneRoster") -> RosterCounts:
    """Scores that pass, of all scores given, in each school and grading period: the measure `passing_scores`.

    Each score of a student in a line item counts once. Results that were not graded, or are exempt or late, do not
    count; deleted rows neither.

    Parameters
    ----------
    tables
        Results, line items, classes, academic sessions, orgs.
    pass_percent
        Percent of the most points (resultValueMax) from which a score passes.

    Raises
    ------
    InputError
        If a table is missing, a score is no number or above the most points, or a student has two different scores
        in one line item; rows are named, students are not.
    """
    names = tuple(name for name in FILES if name != "oneroster_enrollments")
    used = _tables(tables, names, source)
    results, items = (
        _graded(used["oneroster_results"]),
        used["oneroster_line_items"].drop_duplicates("id").set_index("id"),
    )
    known = results["item"].isin(items.index)
    _check_most(known, "results.csv", "line items that stand in lineItems.csv", source)
    told = [f"passing_scores: scores of at least {pass_percent:g}% of the most points, of all scores given"]
    left = len(used["oneroster_results"]) - len(results)
    if left:
        told.append(f"{left:,} results that were not graded were left out")
    if not known.all():
        told.append(f"{int((~known).sum()):,} results of line items that are not in lineItems.csv were set aside")
    results = results[known].reset_index(drop=True)
    share = _shares(results, items, source)
    item = items.reindex(results["item"])
    classes = used["oneroster_classes"].drop_duplicates("id").set_index("id")
    starts = _starts(used["oneroster_sessions"])
    rows = pd.DataFrame(
        {
            "school": _numbers_of_schools(classes["school"].reindex(item["class"]), used["oneroster_orgs"]),
            "period": starts.reindex(item["session"]).to_numpy() if "session" in item else np.datetime64("NaT"),
            "numerator": share >= pass_percent / 100 - 1e-9,
            "denominator": 1,
            "key": results["student"].to_numpy() + "\n" + results["item"].to_numpy(),
        }
    ).drop_duplicates("key")
    placed = rows["school"].notna() & rows["period"].notna()
    _check_most(placed, "results.csv", "classes of a school, in a grading period of academicSessions.csv", source)
    if not placed.all():
        told.append(f"{int((~placed).sum()):,} results without a school or a grading period were set aside")
    sums = rows[placed].astype({"numerator": float, "denominator": float})
    table = sums.groupby(["school", "period"], sort=True)[["numerator", "denominator"]].sum().reset_index()
    return RosterCounts(_observations(table.assign(measure="passing_scores", value=np.nan), source), tuple(told))


def _tables(tables: Tables, needed: tuple[str, ...], source: str) -> dict[str, pd.DataFrame]:
    """The tables without rows that are marked as deleted."""
    missing = [name for name in needed if name not in tables or not len(tables[name])]
    if missing:
        problems = tuple(Problem(FILES[name], "no such table with rows", "it in the same archive") for name in missing)
        raise InputError(source, problems, "nothing was counted")
    return {name: _active(tables[name]) for name in needed}


def _active(table: pd.DataFrame) -> pd.DataFrame:
    if "status" not in table:
        return table
    return table[table["status"].str.casefold() != DELETED].reset_index(drop=True)


def _check_most(known: pd.Series, file: str, what: str, source: str) -> None:
    if len(known) and known.mean() < 0.5:
        found = f"{int((~known).sum()):,} of {len(known):,} rows are of none"
        raise InputError(source, (Problem(file, found, what),), "nothing was counted")


def _numbers_of_schools(ids: pd.Series, orgs: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """The number of each school (orgs.identifier) where each has its own, else its sourcedId; None for no school."""
    known = orgs.drop_duplicates("id").set_index("id")
    schools = known[known["type"].str.casefold() == "school"]
    numbers = schools["number"] if "number" in schools else pd.Series("", index=schools.index)
    own = bool((numbers != "").all() and numbers.is_unique)
    names = numbers if own else pd.Series(schools.index, index=schools.index)
    return np.asarray(names.reindex(ids).astype(object).where(lambda one: one.notna(), None).to_numpy(), dtype=object)


def _starts(sessions: pd.DataFrame) -> pd.Series:
    """The first day of each session; of a school year, July 1 before it."""
    start = pd.to_datetime(sessions["start"].str[:10], format="%Y-%m-%d", errors="coerce")
    year = start.dt.year - (start.dt.month < 7)
    july = pd.to_datetime(year.astype("Int64").astype("str") + "-07-01", format="%Y-%m-%d", errors="coerce")
    whole = sessions["type"].str.casefold() == SCHOOL_YEAR.casefold()
    return start.where(~whole, july).set_axis(sessions["id"])


def _periods(sessions: pd.DataFrame, kind: str, source: str) -> dict[str, pd.Timestamp]:
    """The first day of each session of a type."""
    chosen = sessions[sessions["type"].str.casefold() == kind.casefold()]
    starts = _starts(chosen).dropna()
    if not len(starts):
        found = f"sessions of the types {', '.join(sorted(set(sessions['type'])))}"
        problem = Problem("academicSessions.csv", found, f"a session of the type {kind} with its first day")
        raise InputError(source, (problem,), "nothing was counted")
    return {str(one): start for one, start in starts.items()}


def _sessions_of(text: str, sessions: pd.DataFrame, periods: Mapping[str, pd.Timestamp]) -> list[pd.Timestamp]:
    """First days of the sessions of a class: its own, or those above, or those below."""
    parents = dict(zip(sessions["id"], sessions["parent"], strict=True)) if "parent" in sessions else {}
    found: set[pd.Timestamp] = set()
    for own in filter(None, (one.strip() for one in text.split(","))):
        above = [one for one in _line(own, parents) if one in periods]
        below = [one for one in periods if own in _line(one, parents)]
        found.update(periods[one] for one in (above[:1] or below))
    return sorted(found)


def _line(session: str, parents: Mapping[str, str]) -> list[str]:
    """A session, its parent, the parent of that ...; a circle ends."""
    line: list[str] = []
    while session and session not in line:
        line.append(session)
        session = parents.get(session, "")
    return line


def _graded(results: pd.DataFrame) -> pd.DataFrame:
    graded = results["score"] != ""
    if "score_status" in results:
        graded &= results["score_status"].str.casefold().isin(GRADED)
    return results[graded]


def _shares(results: pd.DataFrame, items: pd.DataFrame, source: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Each score as a share of the most points of its line item."""
    findings = Findings(results, source)
    scores = coded(results["score"])
    values, bad = read_numbers(scores.texts)
    findings.add(scores.rows_of(np.flatnonzero(bad)), "score", "a text that is no number", "a score in points")
    most = read_numbers(items["most"].reindex(results["item"]).tolist())[0]
    score = values[scores.codes]
    expected = "the most points of its line item (resultValueMax)"
    findings.add(~(most > 0), "lineItemSourcedId", "a line item without most points above 0", expected)
    findings.add((score > most) | (score < 0), "score", "a score below 0 or above the most points", expected)
    key = coded(results["student"] + "\n" + results["item"]).codes
    first = pd.Series(score).groupby(key).transform("first").to_numpy()
    findings.add(first != score, "score", "a second, other score of the same student", "one score in each line item")
    findings.settle()
    return np.asarray(score / most, dtype=np.float64)


def _observations(table: pd.DataFrame, source: str) -> pd.DataFrame:
    table = table.assign(group_dim="", group="", status="reported", source=source, row=0)
    table = table.assign(period=pd.to_datetime(table["period"]).astype("datetime64[us]"))
    table = table.astype(dict.fromkeys(("school", "measure", "group_dim", "group", "status", "source"), "str"))
    return table.sort_values(["school", "period"], ignore_index=True)[list(OBSERVATION_COLUMNS)]
