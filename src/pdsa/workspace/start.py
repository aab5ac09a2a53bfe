"""A new workspace: the files that a coach fills in, with the words that they need."""

from __future__ import annotations

import re
import secrets
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from pdsa.content.library import library
from pdsa.errors import InputError, ParamsError, Problem
from pdsa.params import nearest
from pdsa.publish import write_atomic
from pdsa.records import Measure
from pdsa.workspace.append import MEASURE_COLUMNS, SCHOOL_COLUMNS, add_measures, csv_rows

__all__ = ["FOLDERS", "library_measures", "new_workspace"]

NOT_MADE = "nothing was written"
FOLDERS = ("observations", "mappings", "imports", "private")
# What a folder may hold already: a coach may have put it under version control first.
ALLOWED = (".git",)
MOST_LETTERS = 40
ANNOTATION_COLUMNS = ("date", "label", "kind", "school", "measure")

NETWORK = """\
# Your network. Lines that begin with # are remarks for you; pdsa does not read them.
# A short name for files and links: small letters, digits and hyphens.
id: {id}
# The name that stands on every page.
name: {name}
# Groups of fewer students than this are hidden on every page but the school's own (5 to 30; most states use 10).
min_n: 10
# Whom readers may ask. A role, such as "Improvement hub, 555-0100"; no private address.
contact: ""
# Days on which every school is closed, so that a break is no gap in a chart. Take the # away and write your own:
# calendar:
#   closures:
#     - {{start: 2025-12-22, end: 2026-01-04, label: "Winter break"}}
#     - {{start: 2026-06-08, end: 2026-08-23, label: "Summer"}}
"""
REPORT = """\
# One run of reports. Run it with: pdsa report {file}
schema: 1
name: {id}
# Where the network is, seen from this file.
workspace: ..
# team: a page for each school, complete, for its own team.  coach: for improvement coaches.
# district: named schools, small groups hidden.  network: schools under pseudonyms (needs them in schools.csv).
audiences: [team, coach, district]
# Count nothing after this day; take the # away to make the same report again next month:
# as_of: 2026-06-12
# How charts are made. Without these lines each measure says it itself, in measures.csv:
# chart:
#   baseline: 12
"""
README = """\
{name}

This folder is your network: what pdsa knows about your schools, it knows from here. Every file can be opened in a
spreadsheet or in a text editor. Nothing in it is sent anywhere.

  network.yaml         the network's name, its smallest group, its closed days
  schools.csv          one row a school: id (as your files write it, with its zeros), name, district, pseudonym; where
                       schools came or went also joined and left, their first and last day
  measures.csv         one row a measure: what is counted, in which unit, which direction is better, and its definition
  observations/        the numbers: one row a school, measure and day, week, month or year
  annotations.csv      dated remarks: a change idea begins, a storm, a new test (kind: instrument)
  params/report.yaml   which reports are made
  mappings/            how your files are read; written by pdsa import, read again next month
  imports/             every version of the numbers that came in, and when
  pdsa.sqlite          the improvement log: what teams plan, try and learn (pdsa cycle plan begins it)
  private/             lists of single students, if you have them; git never takes this folder with it

What to do now

1. Bring in a file as you have it:        pdsa import FILE --into .
   pdsa shows what it takes each column for, and asks where it is not certain. New schools and measures are added.
   Or write the rows yourself. observations/attendance.csv begins, for example, with these lines:

   school,measure,period,numerator,denominator
   0107,attendance,2025-09-08,1834,2010

2. Look whether everything fits:          pdsa check .
3. Make the reports:                      pdsa report .

Lists of single students belong in private/ and nowhere else. What leaves it are counts.
"""
IGNORED = """\
# Lists of single students, what teams wrote and have not shared, and reports, which can be made again.
private/
pdsa.sqlite*
outputs/
"""


def library_measures(ids: Sequence[str]) -> tuple[Measure, ...]:
    """The measures of the library with these ids, in this order.

    Raises
    ------
    ParamsError
        With every id that the library does not have, and the nearest one.
    """
    known = {one.id: one for one in library()}
    problems = tuple(Problem("--measures", repr(one), nearest(one, list(known))) for one in ids if one not in known)
    if problems:
        raise ParamsError("the measure library", problems, NOT_MADE, "pdsa new --list prints the library")
    return tuple(known[one].measure() for one in dict.fromkeys(ids))


def new_workspace(folder: Path, *, name: str = "", measures: Sequence[str] = ()) -> tuple[Path, ...]:
    """Write a new workspace into a new or empty folder; return its files, `network.yaml` last.

    The folder appears as a whole: an interrupted call leaves none, or one without `network.yaml`.

    Parameters
    ----------
    folder
        Where to write; made if it does not exist.
    name
        The network's name; that of the folder by default.
    measures
        Ids of measures of the library.

    Raises
    ------
    InputError
        The folder holds anything, or is a file. Nothing was written.
    ParamsError
        An id that the library does not have. Nothing was written.
    """
    target = folder.resolve()
    _refuse_full(folder, target)
    chosen = library_measures(measures)
    title = " ".join(name.split()) or target.name or "network"
    target.parent.mkdir(parents=True, exist_ok=True)
    made = target.parent / f".tmp-{secrets.token_hex(8)}"
    try:
        names = _write(made, title, chosen)
        _move(made, target, names)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return tuple(folder / one for one in names)


def _refuse_full(folder: Path, target: Path) -> None:
    held = sorted(one.name for one in target.iterdir() if one.name not in ALLOWED) if target.is_dir() else []
    found = f"{', '.join(held[:3])}{', ...' if len(held) > 3 else ''}" if held else ""
    if target.exists() and not target.is_dir():
        found = "a file of this name"
    if found:
        problem = Problem("the folder", found, "a new or an empty folder")
        raise InputError(str(folder), (problem,), NOT_MADE, "name another folder; what is there was left as it is")


def _write(made: Path, title: str, measures: Sequence[Measure]) -> list[str]:
    """All files below a folder that nobody knows yet; their names, `network.yaml` last."""
    short = short_name(title)
    quoted = '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
    texts = {
        "README.txt": README.format(name=title),
        ".gitignore": IGNORED,
        "schools.csv": csv_rows([SCHOOL_COLUMNS]),
        "measures.csv": csv_rows([MEASURE_COLUMNS]),
        "annotations.csv": csv_rows([ANNOTATION_COLUMNS]),
        **{f"{name}/.gitkeep": "" for name in FOLDERS},
        "params/report.yaml": REPORT.format(id=short, file="params/report.yaml"),
        "network.yaml": NETWORK.format(id=short, name=quoted),
    }
    for name, text in texts.items():
        write_atomic(made / name, text)
    add_measures(made, measures)
    return list(texts)


def short_name(title: str) -> str:
    """`lincoln-county` for "Lincoln County": an id that files and links may carry.

    Examples
    --------
    >>> short_name("Réseau  Saint-Éloi (9th grade)")
    'reseau-saint-eloi-9th-grade'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:MOST_LETTERS].strip("-") or "network"


def _move(made: Path, target: Path, names: Sequence[str]) -> None:
    """The finished folder under its name; into a folder that is there already file by file, `network.yaml` last."""
    if not target.exists():
        made.replace(target)
        return
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).replace(target / name)
