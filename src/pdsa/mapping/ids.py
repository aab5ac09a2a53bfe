"""Ids of schools as text: cleaned of what nobody sees, and asked about where a spreadsheet may have changed them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np

from pdsa.check import Coded, described
from pdsa.mapping.headers import total_label, zeros
from pdsa.mapping.keys import mapped
from pdsa.mapping.remarks import Remarks, shortened
from pdsa.mapping.tables import Table
from pdsa.records.imports import Choice, Question
from pdsa.texts import unguarded

__all__ = ["ask_twins", "clean_ids", "filled_down", "telling", "visible"]

INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
MOST_TWINS = 3  # asked one by one; more are one question
FLOATED = re.compile(r"[0-9]+\.0+")
AS_TEXT = re.compile('="([^"]*)"')
MARKS = "\"'“”„‟‘’‚‛«»"  # a word processor puts them around a text
QUOTED = re.compile(r"'[^']+")  # how spreadsheets are told that a number is text
MOST_BLANK = 0.5
# Letters of other scripts that look like Latin ones: enough to find a name that was typed on another keyboard.
LOOKALIKES = str.maketrans("АВЕКМНОРСТХІЈЅаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXIJSaeopcyxijsABEZHIKMNOPTYXo")


def visible(text: str) -> str:
    """A text without blanks at its ends, characters that nobody sees, and accents written as two characters.

    The apostrophe that keeps a spreadsheet from running a text is none of its characters.
    """
    plain = INVISIBLE.sub("", unicodedata.normalize("NFC", text)).replace("\u00a0", " ").replace("\u202f", " ")
    text = " ".join(plain.split())
    wrapped = AS_TEXT.fullmatch(text)  # how some programs keep a spreadsheet from making a number of an id
    return unguarded(wrapped[1] if wrapped else text)


def telling(table: Table, headers: Sequence[str], district: str) -> str:
    """The first column of ids of which none stands in several districts; the first one where there is none such."""
    plain = [header for header in headers if header != district]
    if not district or len(plain) < 2:
        return (list(headers) or [""])[0]
    over = table.columns[table.headers.index(district)]
    return next((h for h in plain if _in_one(table.columns[table.headers.index(h)], over)), plain[0])


def _in_one(ids: Coded, over: Coded) -> bool:
    """Whether each id that is no mark of a total stands in one district only, and few cells are blank."""
    pairs = np.unique(np.stack([ids.codes, over.codes]), axis=1)[0]
    names = [ids.texts[code] for code in pairs.tolist()]
    known = [name for name in names if name.strip() and not zeros(name) and not total_label(name)]
    blank = np.array([not text.strip() for text in ids.texts], dtype=bool)[ids.codes]
    return len(known) == len(set(known)) and blank.mean() < MOST_BLANK


def clean_ids(table: Table, header: str, decisions: Mapping[str, str], remarks: Remarks) -> Coded:
    """A column of ids; what was taken off is told, and what a spreadsheet may have changed is asked or refused."""
    column = table.columns[table.headers.index(header)]
    changed = [text for text in column.texts if text != visible(text) and visible(text)]
    if changed:
        shown = ", ".join(ascii(shortened(text, 40)) for text in changed[:3])
        remarks.tell(
            f"{table.source}, {header}: blanks or invisible characters taken off {len(changed)} texts ({shown})"
        )
    column = mapped(column, visible)
    filled = [text for text in column.texts if text]
    if filled and all(QUOTED.fullmatch(text) for text in filled):
        remarks.tell(f"{table.source}, {header}: the apostrophe before each id taken off ({filled[0]})")
        column = mapped(column, lambda text: text[1:])
    _refuse_scientific(table, header, column, remarks)
    floated = [text for text in column.texts if FLOATED.fullmatch(text)]
    if floated and decisions.get("ids") == "whole":
        return mapped(column, lambda text: text.split(".")[0] if FLOATED.fullmatch(text) else text)
    if floated and decisions.get("ids") != "keep":
        shown = f"{len(floated)} of {len(column.texts)} ids end in .0 ({', '.join(floated[:3])})"
        choices = (Choice("whole", f"{floated[0]} is {floated[0].split('.')[0]}"), Choice("keep", "they are so"))
        question = "did a program write these ids as numbers?"
        remarks.ask(Question("ids", f"{table.source}, {header}", shown, question, choices))
    return column


def _refuse_scientific(table: Table, header: str, column: Coded, remarks: Remarks) -> None:
    for position, text in enumerate(column.texts):
        if SCIENTIFIC.fullmatch(text):
            row = int(np.argmax(column.codes == position))
            expected = "the whole id: a spreadsheet has cut its digits off; format the column as text in the source"
            remarks.wrong(table.place(row, header), text, expected)


def filled_down(table: Table, header: str, column: Coded, decisions: Mapping[str, str], remarks: Remarks) -> Coded:
    """The column with blanks filled from above where somebody says so; blank ids are a question or problems."""
    blank = np.array([not text for text in column.texts], dtype=bool)[column.codes]
    if not blank.any():
        return column
    places = np.where(blank, -1, np.arange(len(blank)))
    above = np.maximum.accumulate(places)
    rows = np.flatnonzero(blank).tolist()
    if (above < 0).any() or decisions.get("blank-ids") == "stop":
        for row in rows:
            remarks.wrong(table.place(row, header), "a blank cell", "the school's id")
        return column
    if decisions.get("blank-ids") == "fill":
        remarks.tell(f"{table.source}, {header}: {len(rows)} blank cells filled from above")
        return Coded(column.codes[above], column.texts)
    shown = f"{len(rows)} blank cells; above row {table.rows[rows[0]]} stands {column.at(int(above[rows[0]]))}"
    choices = (Choice("fill", "a blank cell repeats the cell above it"), Choice("stop", "the cells must be filled in"))
    question = "do blank cells repeat what stands above?"
    remarks.ask(Question("blank-ids", table.place(rows[0], header), shown, question, choices))
    return column


def ask_twins(
    ids: Mapping[str, str], known: Sequence[str], decisions: Mapping[str, str], remarks: Remarks
) -> dict[str, str]:
    """For ids that look like another one, the id that they stand for, as somebody decided; the rest is asked.

    Ids that differ only in capitals, in quotation marks or in letters of another script, and ids that lack the zeros of
    another one.

    Parameters
    ----------
    ids
        Each id and the place of its first row.
    known
        Ids of the schools that are declared.
    """
    answer: dict[str, str] = {}
    asked: list[tuple[str, str]] = []
    for one, twin in _twins(list(ids), known).items():
        decided = decisions.get(f"same:{one}") or decisions.get("same", "")
        if decided == "same":
            answer[one] = twin
        elif decided != "different":
            asked.append((one, twin))
    if len(asked) > MOST_TWINS:
        _ask_twins(ids[asked[0][0]], asked, remarks)
        return answer
    for one, twin in asked:
        _ask_twin(ids[one], one, twin, f"same:{one}", remarks)
    return answer


def _twins(ids: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """For each id that looks like another one, that other one: a known one, or the one with more zeros."""
    looks: dict[str, str] = {}
    padded: dict[str, str] = {}
    for one in [*known, *sorted(ids, key=len, reverse=True)]:
        looks.setdefault(_look(one), one)
        padded.setdefault(_without_zeros(one), one)
    there = set(known)
    found = {}
    for one in ids:
        twin = looks[_look(one)]
        if twin == one and one not in there:
            twin = padded[_without_zeros(one)]
        if twin != one:
            found[one] = twin
    return found


def _without_zeros(text: str) -> str:
    """An id without the zeros that a spreadsheet takes off, of each of its parts."""
    return "-".join((part.lstrip("0") or "0") if part.isdigit() else part for part in text.split("-"))


def _look(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(LOOKALIKES).casefold().strip(MARKS)


def _ask_twins(source: str, pairs: Sequence[tuple[str, str]], remarks: Remarks) -> None:
    """One question for many ids."""
    shown = ", ".join(f"{described(one)} beside {described(twin)}" for one, twin in pairs[:3])
    choices = (Choice("same", "each is the school that it looks like"), Choice("different", "they are other schools"))
    found = f"{len(pairs)} ids that differ from others only in zeros or letters that look alike: {shown} ..."
    remarks.ask(Question("same", source, found, "are these the same schools?", choices))


def _ask_twin(source: str, one: str, twin: str, key: str, remarks: Remarks) -> None:
    letters = ", ".join(dict.fromkeys(unicodedata.name(c, "?") for c in one if ord(c) > 127))
    shown = f"{described(one)} beside {described(twin)}" + (f" ({shortened(letters, 80)})" if letters else "")
    choices = (Choice("same", f"one school: {twin}"), Choice("different", "two schools"))
    remarks.ask(Question(key, source, shown, "are these one school?", choices))
