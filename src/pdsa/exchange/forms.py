"""Foreign tables of cycles, such as exports of online forms and trackers with one row a cycle, by a saved mapping."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pdsa.content import content
from pdsa.errors import InputError, ParamsError, Problem
from pdsa.inquiry import Change, Held, State
from pdsa.inquiry.planning import FIVE, PREDICTED, plan
from pdsa.inquiry.rules import Reference
from pdsa.params.inquiry import kinds, record_of
from pdsa.params.words import nearest
from pdsa.terms import Entity

NOT_TAKEN = "nothing was imported"
IGNORE, TIMESTAMP = "ignore", "timestamp"
LETTERS = "23456789bcdfghjkmnpqrstvwxz"
SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
Dates = str  # "", "month-first" or "day-first"


@dataclass(frozen=True, slots=True)
class LogMapping:
    """How the columns of a form become fields of cycles.

    Parameters
    ----------
    name
        Of the file `mappings/<name>.log.yaml`.
    columns
        By header the field: one of the five typed fields, a field of a cycle or of its prediction, `school`,
        `timestamp` (tells rows apart) or `ignore`.
    constants
        Fields that are the same in every row, such as `school`.
    words
        By field what the texts of the form mean.
    dates
        How days with slashes are written: `month-first` or `day-first`.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: Dates = ""


def fields_known() -> tuple[str, ...]:
    """Every field that a column may become."""
    own = (*FIVE, *kinds("cycle"), *PREDICTED, "school", TIMESTAMP, IGNORE)
    return tuple(dict.fromkeys(own))


def proposed(header: str) -> tuple[str, ...]:
    """The fields that a header may ask for, the likeliest first; none where no word says it.

    Examples
    --------
    >>> proposed("What do you predict will happen?"), proposed("Email Address"), proposed("Favorite color")
    (('prediction',), ('ignore',), ())
    """
    name = header.strip().casefold().replace(" ", "_")
    if name in fields_known():
        return (name,)
    words = set(re.findall(r"[\w-]+", header.casefold()))
    fits = [str(known) for known, sets in content("log_headers") if any(words.issuperset(one) for one in sets)]
    return tuple(dict.fromkeys(fits))


def drafted(mapping: LogMapping, headers: Sequence[str]) -> LogMapping:
    """The mapping with a proposal for each header that it does not know, no field proposed twice."""
    columns = dict(mapping.columns)
    taken = set(columns.values()) - {IGNORE}
    for header in headers:
        if header and header not in columns:
            columns[header] = next((one for one in proposed(header) if one not in taken), "")
            taken |= {columns[header]} - {IGNORE, ""}
    return replace(mapping, columns=columns)


def check_mapping(mapping: LogMapping, headers: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Refuse a mapping that leaves anything open.

    Raises
    ------
    ParamsError
        With every question: the header, and how to answer it.
    """
    problems = list(_open_columns(mapping, headers))
    told = {mapping.columns[header] for header in headers if header in mapping.columns} | set(mapping.constants)
    if "school" not in told and "school_id" not in told:
        expected = "the column of the school, or --field school=ID for all rows"
        problems.append(Problem("school", "no column that says whose cycles these are", expected))
    if not mapping.dates and any(_slashed(mapping, row) for row in rows):
        expected = "--field dates=month-first (1/12/2026 is 12 January) or --field dates=day-first"
        problems.append(Problem("dates", "days such as 1/12/2026", expected))
    if problems:
        raise ParamsError("the form", tuple(problems), NOT_TAKEN, "answer with --field and run the same command again")


def _open_columns(mapping: LogMapping, headers: Sequence[str]) -> Iterator[Problem]:
    known = fields_known()
    for header in headers:
        wanted = mapping.columns.get(header, "")
        if header and not wanted:
            yield Problem(f"column {header!r}", "no field", f"--field '{header}=FIELD', or --field '{header}=ignore'")
        elif header and wanted not in known:
            yield Problem(f"column {header!r}", f"the field {wanted!r}", nearest(wanted, known))


def _slashed(mapping: LogMapping, row: Mapping[str, str]) -> bool:
    dated = [text for header, text in row.items() if mapping.columns.get(header) in _dated()]
    return any(SLASHED.search(text) for text in dated)


def _dated() -> set[str]:
    return {"when", TIMESTAMP, *(name for name, kind in kinds("cycle").items() if kind.name == "date")}


def changes_of_forms(
    mapping: LogMapping,
    rows: Iterable[tuple[int, Mapping[str, str]]],
    state: State,
    reference: Reference,
    past: Callable[[str], bool],
) -> tuple[Change, ...]:
    """The changes that save a cycle for each row of a form that is not in the log yet.

    Parameters
    ----------
    mapping
        Complete: see `check_mapping`.
    rows
        Number as the spreadsheet shows it, and the cells by header.
    state, reference
        What the log holds, and what its records may point to.
    past
        Whether the log has ever held a cycle of this id: then the row has been taken before.

    Raises
    ------
    InputError
        With every problem of every row.
    """
    changes: list[Change] = []
    problems: list[Problem] = []
    for number, row in rows:
        key = _key(mapping, row)
        if past(f"cycle-{key}"):
            continue
        try:
            school = _school(mapping, row, reference)
            made = plan(state, reference, school, _texts(mapping, row), _ids(key), draft=True)
        except InputError as error:
            problems += [Problem(f"row {number}, {one.place}", one.found, one.expected) for one in error.problems]
            continue
        changes += made
        state = _with(state, made)
    if problems:
        raise InputError("the form", tuple(problems), NOT_TAKEN, "mend these rows, or the mapping, and run it again")
    return tuple(changes)


def _key(mapping: LogMapping, row: Mapping[str, str]) -> str:
    """Eight letters that stay the same for a row: from its timestamp, idea and school, or else from all of it."""
    by_field = {mapping.columns.get(header, ""): text.strip() for header, text in row.items()}
    stamp = by_field.get(TIMESTAMP, "")
    told = [stamp, by_field.get("idea", ""), by_field.get("school", "")] if stamp else sorted(row.items())
    number = int.from_bytes(hashlib.sha256(repr((mapping.name, told)).encode("utf-8", "surrogatepass")).digest())
    letters = []
    for _ in range(8):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)


def _ids(key: str) -> Callable[[Entity], str]:
    counts: dict[str, int] = {}

    def new(entity: Entity) -> str:
        counts[entity] = counts.get(entity, 0) + 1
        end = f"-{counts[entity]}" if counts[entity] > 1 else ""
        return f"{entity.removeprefix('change_')}-{key}{end}"

    return new


def _school(mapping: LogMapping, row: Mapping[str, str], reference: Reference) -> str:
    """The id of a row's school, which is named by its id or by its name."""
    told = {wanted: row.get(header, "") for header, wanted in mapping.columns.items()} | dict(mapping.constants)
    text = (told.get("school") or told.get("school_id") or "").strip()
    by_name = {" ".join(one.name.split()).casefold(): one.id for one in reference.schools}
    ids = {one.id: one.id for one in reference.schools}
    found = ids.get(text) or by_name.get(" ".join(text.split()).casefold())
    if found:
        return found
    expected = nearest(text, [*ids, *(one.name for one in reference.schools)]) if text else "a school"
    raise ParamsError("the form", (Problem("school", repr(text), expected),), NOT_TAKEN)


def _texts(mapping: LogMapping, row: Mapping[str, str]) -> dict[str, object]:
    """What a row says, by field; words of the form in those of the log, days as 2026-01-12."""
    found: dict[str, object] = dict(mapping.constants)
    for header, wanted in mapping.columns.items():
        text = row.get(header, "")
        if wanted and wanted not in (IGNORE, TIMESTAMP, "school", "school_id") and text.strip():
            meaning = mapping.words.get(wanted, {}).get(text.strip(), text)
            found[wanted] = _dashed(meaning, mapping.dates) if wanted in _dated() else meaning
    if stamp := _day_of(mapping, row):
        found.setdefault("made_on", stamp)  # what was predicted was predicted when the form was sent
    return {name: value for name, value in found.items() if name not in ("school", "school_id")}


def _day_of(mapping: LogMapping, row: Mapping[str, str]) -> str:
    """The day of a row's timestamp; "" where there is none."""
    stamps = [row.get(header, "") for header, wanted in mapping.columns.items() if wanted == TIMESTAMP]
    match = re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", _dashed(stamps[0].strip(), mapping.dates)) if stamps else None
    return match.group() if match else ""


def _dashed(text: str, dates: Dates) -> str:
    def day(match: re.Match[str]) -> str:
        first, second, year = (int(part) for part in match.groups())
        month, number = (first, second) if dates == "month-first" else (second, first)
        try:
            return date(year, month, number).isoformat()
        except ValueError:
            return match.group()

    return SLASHED.sub(day, text) if dates else text


def _with(state: State, changes: Sequence[Change]) -> State:
    """The state with new records, so that a second row finds the idea of the first one."""
    held = dict(state.held)
    for one in changes:
        record = record_of(one.entity, {**one.fields, "id": one.record})
        told = (one.school, 1, "", "", "team", "", "", "", "")
        held[one.entity, one.record] = Held(one.entity, one.record, *told, record)  # type: ignore[arg-type]
    return State(held)
