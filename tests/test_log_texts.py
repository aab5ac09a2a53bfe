"""Free text survives unchanged into every output of the log, and does nothing there."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from logs import SCHOOL
from pdsa import cli
from pdsa.archive import render_archive
from pdsa.exchange import export_folder, export_workbook, write_worksheet
from pdsa.figures import driver_diagram
from pdsa.inquiry import Change, State
from pdsa.log import open_log
from pdsa.params.inquiry import read_fields
from pdsa.terms import Entity
from pdsa.texts import unguarded
from pdsa.workspace import dossier_for, journal, open_workspace
from pdsa.workspace.journal import archive_rows

TEXTS = (
    "<script>alert(1)</script> & <img src=x onerror=alert(1)>",
    "[link](javascript:alert(1)) ![x](http://example.org/x.png)",
    '=HYPERLINK("http://example.org","click")',
    "@SUM(A1:A9)",
    "It costs $5 to $10, $x^{2$",
    "\u202bשלום עולם\u202c and العربية",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 Z\u0351\u036b\u0343a\u0321lgo",
    "'already quoted' \"twice\"",
    "line one\nline two\ttabbed",
    "{{ 7 * 7 }} {% raw %} %s %(x)s \\n \\\\",
    "--json; DROP TABLE event; --",
)
each = pytest.mark.parametrize("text", TEXTS, ids=[f"text{n}" for n in range(len(TEXTS))])


class Words(HTMLParser):
    """The visible text of a page, and every element in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words, self.elements = "", set[str]()
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data


def squeezed(text: str) -> str:
    """Pages may break lines and join blanks; nothing else changes."""
    return " ".join(text.split())


def changes(text: str) -> list[Change]:
    """A record of each kind that holds the text in its free fields."""
    told: dict[Entity, dict[str, object]] = {
        "driver": {"text": text, "id": "driver-a"},
        "cause": {"category": "Home", "cause": text, "evidence": text, "id": "cause-a"},
        "change_idea": {"title": squeezed(text), "description": text, "driver_id": "driver-a", "id": "idea-a"},
        "cycle": {
            "id": "cycle-a", "school_id": SCHOOL, "change_idea_id": "idea-a", "actual_start": "2026-01-12",
            "observations": text, "learning": text, "what_data_show": text, "next_test": text,
            "studied_on": "2026-01-26", "tasks": [{"what": text}], "questions": [text], "measure_ids": "attendance",
        },
        "prediction": {"id": "prediction-a", "cycle_id": "cycle-a", "question": text, "because": text},
        "insight": {"id": "insight-a", "text": text, "school_id": SCHOOL},
        "ask": {"id": "ask-a", "text": text, "to": "district", "school_id": SCHOOL},
    }  # fmt: skip
    found = []
    for entity, fields in told.items():
        read, problems = read_fields(entity, fields)
        assert problems == (), problems
        owner = "" if entity in ("driver", "cause") else SCHOOL
        found.append(Change(entity, str(fields["id"]), owner, read, visibility="district"))
    return found


@pytest.fixture
def folder(example: Path, tmp_path: Path) -> Path:
    shutil.copytree(example, tmp_path / "network", ignore=shutil.ignore_patterns("pdsa.sqlite*"))
    return tmp_path / "network"


def state_with(folder: Path, text: str) -> State:
    with open_log(folder / "pdsa.sqlite", author="ana") as log:
        log.apply(changes(text))
        return log.state()


def harmless(page: str, text: str) -> None:
    """The text stands on the page word for word, and no element or attribute came of it."""
    found = Words(page)
    assert squeezed(text) in squeezed(found.words)
    assert not found.elements & {"script", "img", "iframe", "object", "embed", "form"}
    assert [name for name, _ in found.attributes if name.startswith("on")] == []
    assert [value for _, value in found.attributes if value.strip().casefold().startswith("javascript:")] == []


@each
def test_it_comes_back_from_the_log_as_it_was(folder: Path, text: str) -> None:
    state = state_with(folder, text)
    cycle = state.cycles[0]
    assert (cycle.learning, cycle.questions, cycle.tasks[0].what) == (text, (text,), text)


@each
def test_pages_of_the_log_show_it_and_nothing_runs(folder: Path, text: str) -> None:
    state_with(folder, text)
    dossier = dossier_for(open_workspace(folder), "district", SCHOOL)
    told = journal(dossier, ())
    from pdsa.figures import chapters, columns

    harmless(columns(told.sections()).html, text)
    harmless(chapters(told.chapters()).html, text)
    harmless(driver_diagram(told.theory(())).html.replace("</text><text", "</text> <text"), text.split()[0])
    harmless(told.fishbone().html, text.split()[0])
    network = dossier_for(open_workspace(folder), "district")
    rows = archive_rows(network)
    harmless(render_archive(rows, network="Test", audience="district"), text)


@each
def test_files_hold_it_word_for_word_and_no_program_runs_it(folder: Path, text: str) -> None:
    state = state_with(folder, text)
    export_folder(state, (), folder / "out")
    with (folder / "out" / "insight.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert unguarded(row["text"]) == text and row["text"][:1] not in ("=", "@")
    book = openpyxl.load_workbook(export_workbook(state, folder / "out.xlsx"))
    sheet = book["insight"]
    cells = {sheet.cell(1, n).value: sheet.cell(2, n) for n in range(1, sheet.max_column + 1)}
    assert (cells["text"].value, cells["text"].data_type) == (text, "s")


@each
def test_worksheets_hold_it(folder: Path, text: str) -> None:
    state = state_with(folder, text)
    for name in ("sheet.html", "sheet.xlsx"):
        write_worksheet(state, state.cycles[0], folder / name, {}, {})
    harmless((folder / "sheet.html").read_text("utf-8"), text)
    (sheet,) = openpyxl.load_workbook(folder / "sheet.xlsx").worksheets
    values = [cell for row in sheet.iter_rows() for cell in row if cell.value]
    assert text in [cell.value for cell in values] and {cell.data_type for cell in values} == {"s"}


@each
def test_commands_print_it_for_programs(folder: Path, text: str) -> None:
    state_with(folder, text)
    done = CliRunner().invoke(cli.pdsa, ["cycle", "show", "cycle-a", "--in", str(folder), "--json"])
    assert json.loads(done.stdout)["fields"]["learning"] == text
    assert json.loads(io.StringIO(done.stdout).read())["predictions"][0]["fields"]["because"] == text


@pytest.mark.parametrize("text", ["bad \x1b[31mred", "nul \x00", "bell \x07", "lone \ud800", "\x7f"])
def test_what_no_reader_sees_is_refused(text: str) -> None:
    _, problems = read_fields("insight", {"text": text})
    assert [one.place for one in problems] and html.escape(text) not in str(problems[0])
    assert re.search(r"\S", problems[0].expected)
