"""What people write in YAML and CSV: every trap stays text or is refused with place, found and expected, in no time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdsa.errors import ParamsError
from pdsa.params import (
    AnnotationModel,
    ChartModel,
    InputModel,
    MeasureModel,
    NetworkModel,
    ParamsModel,
    SchoolModel,
    SelectModel,
    build,
    build_rows,
    nearest,
)
from pdsa.records import ChartSettings, RunParams
from pdsa.workspace.files import read_yaml

BASE = "schema: 1\nname: fall\nworkspace: ..\n"
WHOLE = "expected a whole number such as 12."
PLAIN = "expected a plain number such as 12 or 0.85."
BASELINE = "expected the number of first points (2 or more), or two dates such as 2013-09-01..2014-06-30."
MEASURE = {
    "id": "late",
    "name": "Late",
    "type": "process",
    "data_type": "rate",
    "unit": "",
    "direction": "down",
    "frequency": "week",
    "definition": "Late arrivals per student",
}


def params_of(text: str) -> RunParams:
    """The record of a params file; seconds of work are a failure whatever comes out."""
    started = time.process_time()
    try:
        return build(ParamsModel, read_yaml(text, "fall.yaml"), "fall.yaml").record()
    finally:
        assert time.process_time() - started < 2


def refused(text: str) -> list[str]:
    """The problems that a params file is refused with."""
    with pytest.raises(ParamsError) as caught:
        params_of(text)
    assert caught.value.source == "fall.yaml"
    assert caught.value.consequence == "no report was started"
    assert caught.value.exit_code == 2
    for problem in caught.value.problems:
        assert problem.place and problem.found and problem.expected
    return [str(problem) for problem in caught.value.problems]


def wrong(model: type[Any], data: Mapping[str, object]) -> list[str]:
    with pytest.raises(ParamsError) as caught:
        build(model, data, "form")
    return [str(problem) for problem in caught.value.problems]


# What YAML programs turn into something else; numbers here are refused, because programs do not agree on them.
TRAPS = (
    *("no", "on", "NO", "yes", "true", "012", "08", "007", "0x1F", "0o17", "0b1", "1e3", "1_000", "12:30", "12:30:00"),
    *(".inf", "-.inf", ".nan", "inf", "nan", "~", "null", "2024-01-01", "=", "+5", "１２", "1" * 30),
)


@pytest.mark.parametrize("trap", TRAPS)
def test_text_stays_text(trap: str) -> None:
    params = params_of(
        f"{BASE}select: {{schools: [{trap}], districts: [{trap}]}}\nper_school: {{{trap}: {{late: {{}}}}}}\n"
    )
    assert params.schools == (trap,)
    assert params.districts == (trap,)
    assert params.per_school == ((trap, "late", ChartSettings()),)


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize(
    ("lines", "place", "expected"),
    [
        ("workers: {}", "workers", WHOLE),
        ("timeout_seconds: {}", "timeout_seconds", PLAIN),
        ("chart: {{target: {}}}", "chart.target", PLAIN),
        ("chart: {{recent: {}}}", "chart.recent", WHOLE),
        ("per_measure: {{late: {{baseline: {}}}}}", "per_measure.late.baseline", BASELINE),
    ],
)
def test_a_number_that_is_none_is_refused_once(trap: str, lines: str, place: str, expected: str) -> None:
    assert refused(BASE + lines.format(trap)) == [f"{place}: found '{trap}', {expected}"]


@pytest.mark.parametrize("trap", [trap for trap in TRAPS if trap != "2024-01-01"])
def test_a_date_that_is_none_is_refused_once(trap: str) -> None:
    assert refused(f"{BASE}as_of: {trap}") == [f"as_of: found '{trap}', expected a date such as 2025-10-13."]


@pytest.mark.parametrize("day", ["9999-12-31", "2200-01-01", "1899-12-31", "0001-01-01"])
def test_a_day_of_no_year_that_reports_can_reckon_with_is_refused(day: str) -> None:
    expected = "expected a day of the years 1900 to 2199."
    assert refused(f"{BASE}as_of: {day}") == [f"as_of: found '{day}', {expected}"]
    assert refused(f"{BASE}select: {{last_day: {day}}}") == [f"select.last_day: found '{day}', {expected}"]


def test_so_are_the_days_of_a_baseline() -> None:
    lines = f"{BASE}chart: {{baseline: 2024-09-01..9999-12-31}}"
    expected = "expected a day of the years 1900 to 2199."
    assert refused(lines) == [f"chart.baseline: found '2024-09-01..9999-12-31', {expected}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file: found nothing, expected keys and values, such as name: example."),
        ("# nothing yet\n", "the file: found nothing, expected keys and values, such as name: example."),
        ("- a\n- b\n", "the file: found a list, expected keys and values, such as name: example."),
        ("fall\n", "the file: found the text 'fall', expected keys and values, such as name: example."),
        (BASE + "a: &x [*x]", "line 4: found an anchor or alias, expected the value written out."),
        (BASE + "a: *x", "line 4: found an anchor or alias, expected the value written out."),
        (BASE + "<<: *x", "line 4: found an anchor or alias, expected the value written out."),
        ("schema: 1\nname: a\nname: b\n", "line 3: found name twice, expected each key once."),
        (BASE + "select:\n  schools: [a]\n  schools: [b]\n", "line 6: found schools twice, expected each key once."),
        ("a: 1\n---\nb: 2\n", "line 2: found a second document after ---, expected one document."),
        ("%YAML 9.9\n---\na: 1\n", "line 1: found a %YAML line, expected the file without it."),
        (
            "a: !!python/object/apply:os.system [ls]\n",
            "line 1: found the tag tag:yaml.org,2002:python/object/apply:os.system, expected a plain value.",
        ),
        ("a: !!binary aGk=\n", "line 1: found the tag tag:yaml.org,2002:binary, expected a plain value."),
        ("a: 1\n? [b, c]\n: d\n", "line 2: found a key that is no word, expected a word before the colon."),
        ("a:\n\tb: 1\n", "line 2: found a tab, expected blanks: YAML is indented with blanks only."),
        ("a: 1\nb: 'x\nc: 1\n", "line 2: found a quote that is never closed, expected the closing quote."),
        ('a: 1\nb: "x\nc: 1\n', "line 2: found a quote that is never closed, expected the closing quote."),
        ("a: [1, 2\nb: 1\n", "line 1: found a bracket that is never closed, expected the closing bracket."),
        ("a: @b\n", "line 1: found a value that begins with a special character, expected the value in quotes."),
        ("a: `b\n", "line 1: found a value that begins with a special character, expected the value in quotes."),
        ("a: %b\n", "line 1: found a value that begins with a special character, expected the value in quotes."),
        (
            "a: b: c\n",
            "line 1: found a second colon or lines that do not align, "
            "expected key: value, a text with a colon in quotes.",
        ),
        (
            "  a: 1\nb: 2\n",
            "line 2: found a line that does not align with those above it, "
            "expected the same number of blanks before each key.",
        ),
        (
            "a: 1\nb: \x00\n",
            "line 2: found unacceptable character #x0000: special characters are not allowed, "
            "expected plain text in YAML.",
        ),
        (
            BASE + 'workspace: "\\0"\n',
            "line 4: found a character that cannot be shown (U+0000), expected a text without it.",
        ),
        ('a: 1\n"b\\x1b": 2\n', "line 2: found a character that cannot be shown (U+001B), expected a text without it."),
        ('a: ["\\uD800"]\n', "line 1: found a character that cannot be shown (U+D800), expected a text without it."),
        ("- " * 2000 + "a", "line 1: found lists within lists, expected at most 8 levels."),
        ("a: " + "[" * 2000 + "]" * 2000, "line 1: found lists within lists, expected at most 8 levels."),
        ("{" * 30_000, "line 1: found lists within lists, expected at most 8 levels."),
        ("a: " + "x" * 65_534, "the file: found 65537 bytes, expected at most 65536."),
        ("é" * 32_769, "the file: found 65538 bytes, expected at most 65536."),
    ],
)
def test_yaml_that_is_no_params_file(text: str, problem: str) -> None:
    assert refused(text) == [problem]


def test_an_alias_bomb_ends_at_its_first_anchor() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 6)}]" for n in range(1, 10)]
    assert refused("\n".join(lines)) == ["line 1: found an anchor or alias, expected the value written out."]


def test_a_merge_key_is_an_unknown_key() -> None:
    (problem,) = refused(BASE + "<<: {workers: 4}\n")
    assert problem.startswith("<<: found an unknown key, expected one of: schema, name, workspace")


def test_a_byte_order_mark_and_an_equals_sign_are_no_trouble() -> None:
    assert params_of("\ufeff" + BASE).name == "fall"
    assert read_yaml("a: =\nb: '@'\n", "x") == {"a": "=", "b": "@"}


def test_a_large_file_of_many_keys_takes_no_seconds() -> None:
    lines = BASE + "per_school:\n" + "".join(f"  s{n}: {{late: {{recent: 6}}}}\n" for n in range(2000))
    assert 50_000 < len(lines) < 65_536
    started = time.process_time()
    found = build(ParamsModel, read_yaml(lines, "x"), "x").record()
    assert time.process_time() - started < 5
    assert len(found.per_school) == 2000


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.one_of(st.text(max_size=120), st.text(alphabet="ab1:-[]{}&*!|>'\"%@`#?,.~=<\n\t ", max_size=120)))
def test_any_text_is_a_mapping_or_a_params_error(text: str) -> None:
    for before in ("", BASE):
        try:
            found = read_yaml(before + text, "fuzz")
            build(ParamsModel, found, "fuzz")
        except ParamsError as error:
            assert error.problems
        else:
            assert isinstance(found, dict)


class TestMessages:
    def test_an_unknown_key_names_the_nearest(self) -> None:
        assert refused(BASE + "audience: [team]\nchart: {basline: 12}\nselect: {school: [a]}\n") == [
            "select.school: found an unknown key, expected schools perhaps? "
            "Known: first_day, last_day, districts, schools.",
            "chart.basline: found an unknown key, expected baseline perhaps? "
            "Known: kind, baseline, target, recent, screen, limits, rules, spread, break_on.",
            "audience: found an unknown key, expected audiences perhaps? Known: schema, name, workspace, data, "
            "network, measures, inputs, select, audiences, as_of, chart, per_measure, ....",
        ]

    @pytest.mark.parametrize(
        ("model", "place"),
        [
            (ParamsModel, "{}: x\n"),
            (SelectModel, "select: {{{}: x}}\n"),
            (ChartModel, "chart: {{{}: x}}\n"),
            (ChartModel, "per_measure: {{zeal: {{{}: x}}}}\n"),
            (ChartModel, "per_school: {{'0107': {{zeal: {{{}: x}}}}}}\n"),
        ],
    )
    def test_every_key_is_named_when_it_is_misspelled(self, model: type[Any], place: str) -> None:
        keys = [field.alias or name for name, field in model.model_fields.items()]
        for key in keys:
            wrong = key[:-1] if key[:-1] not in keys else f"{key}x"
            found = [one for one in refused(BASE + place.format(wrong)) if "unknown key" in one]
            assert len(found) == 1 and f"expected {key} perhaps? " in found[0], (wrong, found)

    def test_unknown_keys_deep_down_name_what_is_known_there(self) -> None:
        network = "network: {id: a, name: b, calendar: {modus: x, closures: [{strat: 1}]}}\n"
        problems = refused(BASE + "per_school: {'0107': {target: {taget: 1}}}\n" + network)
        unknown = "found an unknown key, expected"
        assert set(problems) == {
            f"per_school.0107.target.taget: {unknown} target perhaps? "
            "Known: kind, baseline, target, recent, screen, limits, rules, spread, break_on.",
            f"network.calendar.modus: {unknown} mode perhaps? Known: mode, closures.",
            f"network.calendar.closures.item 1.strat: {unknown} start perhaps? Known: start, end, label.",
            "network.calendar.closures.item 1.start: found nothing, expected a value.",
            "network.calendar.closures.item 1.end: found nothing, expected a value.",
        }

    def test_missing_keys_are_named(self) -> None:
        assert refused("workspace: ..\n") == [
            "schema: found nothing, expected a value.",
            "name: found nothing, expected a value.",
        ]

    def test_all_problems_come_at_once(self) -> None:
        text = (
            "schema: 2\nname: Fall 2025\nworkspace: ..\nworkers: 99\ntimeout_seconds: 0\naudiences: team\nselect: all\n"
        )
        assert refused(text) == [
            "schema: found '2', expected one of: 1.",
            "name: found 'Fall 2025', expected small letters, digits, - and _, at most 64.",
            "select: found 'all', expected keys and values, indented below.",
            "audiences: found 'team', expected a list such as [a, b].",
            "workers: found '99', expected less than or equal to 64.",
            "timeout_seconds: found '0', expected greater than 0.",
        ]

    def test_a_public_release_needs_an_audit(self) -> None:
        assert refused(BASE + "audiences: [team, public]\n") == [
            "audiences.item 2: found 'public', expected another audience: "
            "a public release needs an audit that does not exist yet."
        ]

    def test_audiences_are_words_and_at_least_one(self) -> None:
        assert refused(BASE + "audiences: []\n") == ["audiences: found a list, expected at least one audience."]
        assert refused(BASE + "audiences: [teams, board]\n") == [
            "audiences.item 1: found 'teams', expected team perhaps? Known: team, coach, district, network.",
            "audiences.item 2: found 'board', expected one of: team, coach, district, network.",
        ]

    @pytest.mark.parametrize(
        ("written", "found"),
        [
            ("1", "'1'"),
            ("0", "'0'"),
            ("-3", "'-3'"),
            ("2.5", "'2.5'"),
            ("2024-01-01..", "'2024-01-01..'"),
            ("2024-02-30..2024-06-30", "'2024-02-30..2024-06-30'"),
            ("2024-01-01..2024-02-01..2024-03-01", "'2024-01-01..2024-02-01..2024-03-01'"),
            ("20240101..20240201", "'20240101..20240201'"),
            ("[2024-01-01]", "a list"),
            ("[a, b]", "a list"),
            ("{a: b}", "the keys a"),
        ],
    )
    def test_a_wrong_baseline_is_one_problem(self, written: str, found: str) -> None:
        assert refused(f"{BASE}per_measure: {{a: {{baseline: {written}}}}}") == [
            f"per_measure.a.baseline: found {found}, {BASELINE}"
        ]

    def test_a_baseline_that_runs_backwards(self) -> None:
        (problem,) = refused(BASE + "chart: {baseline: 2024-06-01..2024-01-01}")
        assert problem.endswith("2013-09-01..2014-06-30, the earlier one first.")

    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("12", 12),
            ("2", 2),
            ("2013-09-01..2014-06-30", (date(2013, 9, 1), date(2014, 6, 30))),
            ("[2013-09-01, 2013-09-01]", (date(2013, 9, 1), date(2013, 9, 1))),
            ("", None),
        ],
    )
    def test_a_right_baseline(self, written: str, expected: object) -> None:
        params = params_of(f"{BASE}per_measure: {{a: {{baseline: {written}}}}}")
        assert dict(params.charts)["a"].baseline == expected

    def test_long_values_are_shortened(self) -> None:
        (problem,) = wrong(NetworkModel, {"id": "a", "name": "x" * 500})
        assert len(problem) < 120
        assert problem.endswith("expected at most 80 characters.")

    def test_blank_and_wrong_values_of_a_network(self) -> None:
        data = {"id": "", "name": ["x"], "min_n": "4", "synthetic": "maybe", "calendar": "listed"}
        assert wrong(NetworkModel, data) == [
            "id: found '', expected at least 1 character.",
            "name: found a list, expected a text.",
            "min_n: found '4', expected greater than or equal to 5.",
            "synthetic: found 'maybe', expected true or false.",
            "calendar: found 'listed', expected keys and values, indented below.",
        ]

    def test_closures_are_days_in_order(self) -> None:
        closures = [{"start": "2024-02-30", "end": "2024-3-1"}, {"start": "2024-03-02", "end": "2024-03-01"}]
        assert wrong(NetworkModel, {"id": "a", "name": "b", "calendar": {"closures": closures}}) == [
            "calendar.closures.item 1.start: found '2024-02-30', expected a day of the calendar.",
            "calendar.closures.item 1.end: found '2024-3-1', expected a date such as 2025-10-13.",
            "calendar.closures.item 2: found the keys start, end, "
            "expected a closure that ends on or after its start, 2024-03-02.",
        ]

    def test_words_of_a_measure(self) -> None:
        data = MEASURE | {"type": "outcom", "direction": "higher", "definition": "", "per": "0", "target": "90%"}
        assert wrong(MeasureModel, data) == [
            "type: found 'outcom', expected outcome perhaps? "
            "Known: outcome, primary_driver, secondary_driver, process, balancing.",
            "direction: found 'higher', expected one of: up, down, stable.",
            "definition: found '', expected at least 1 character.",
            "per: found '0', expected greater than 0.",
            "target: found '90%', expected a plain number such as 12 or 0.85.",
        ]

    def test_nothing_known_is_still_a_sentence(self) -> None:
        assert nearest("x", ["a", "b"]) == "one of: a, b"
        assert nearest("010", ["0107", "0170"]) == "0107 perhaps? Known: 0107, 0170"
        assert nearest("scholl", ["school", "measure"]) == "school perhaps? Known: school, measure"


class TestSources:
    """A params file names a workspace, or network, measures and inputs in place."""

    INLINE = (
        "schema: 1\nname: fall\nnetwork: {id: a, name: b}\nmeasures:\n"
        "  - {id: late, name: Late, type: process, data_type: rate, unit: '', direction: down, frequency: week,"
        " definition: Late arrivals per student}\n"
    )
    INPUT = "inputs: [{{files: '*.csv', format: csv, provides: {}, fields: {{school: id}}}}]\n"

    def test_one_of_both(self) -> None:
        expected = "expected either workspace, or all three of network, measures and inputs."
        assert refused("schema: 1\nname: fall\n") == [f"the file: found the keys schema, name, {expected}"]
        both = refused(self.INLINE + self.INPUT.format("observations") + "workspace: ..\n")
        assert both[0].endswith(expected)

    def test_inputs_must_hold_observations(self) -> None:
        assert params_of(self.INLINE + self.INPUT.format("observations")).inputs[0].fields == (("school", "id"),)
        (problem,) = refused(self.INLINE + self.INPUT.format("denominators"))
        assert problem.endswith("expected at least one of inputs that provides observations.")

    def test_xml_needs_its_row_and_bytes_are_two_digits(self) -> None:
        data = {"files": "x", "format": "xml", "fields": {"a": "b"}}
        assert wrong(InputModel, data)[0].endswith("expected row: the XML element that is a row.")
        (problem,) = wrong(InputModel, data | {"row": "item", "strip_bytes": ["1A", "ZZ"]})
        assert problem == "strip_bytes.item 2: found 'ZZ', expected two digits of a byte such as 1A."
        spec = build(
            InputModel, data | {"row": "item", "strip_bytes": ["1A", "00"], "drop": {"a": ["x"]}}, "x"
        ).record()
        assert (spec.strip, spec.drop) == ((26, 0), (("a", ("x",)),))

    def test_the_committed_files_are_read(self) -> None:
        file = Path(__file__).parents[1] / "params" / "nyc_attendance.yaml"
        params = build(ParamsModel, read_yaml(file.read_text(encoding="utf-8"), file.name), file.name).record()
        assert params.districts[:5] == ("01", "02", "03", "04", "05")
        assert params.measures[0].baseline == (date(2013, 9, 1), date(2014, 6, 30))
        assert params.measures[0].target == 0.93
        assert params.inputs[0].missing == ("NS",)
        assert params.inputs[0].strip == (26,)


class TestRecords:
    def test_defaults(self) -> None:
        assert params_of(BASE) == RunParams(name="fall", workspace="..", charts=(("", ChartSettings()),))

    def test_settings_keep_their_order_and_place(self) -> None:
        params = params_of(
            BASE + "chart: {recent: 4}\nper_measure: {b: {kind: run}, a: {target: 0.5}}\n"
            "per_school: {'007': {a: {baseline: 14}}}\naudiences: [coach, team, coach]\nas_of: 2026-01-31\n"
        )
        assert params.charts == (
            ("", ChartSettings(recent=4)),
            ("b", ChartSettings(kind="run")),
            ("a", ChartSettings(target=0.5)),
        )
        assert params.per_school == (("007", "a", ChartSettings(baseline=14)),)
        assert params.audiences == ("coach", "team")
        assert params.as_of == date(2026, 1, 31)

    @pytest.mark.parametrize(("written", "value"), [("-1.5", -1.5), (".5", 0.5), ("0", 0.0), ("100", 100.0)])
    def test_plain_numbers(self, written: str, value: float) -> None:
        assert build(ChartModel, {"target": written}, "x").target == value

    @pytest.mark.parametrize(("written", "value"), [("yes", True), ("TRUE", True), ("no", False), ("0", False)])
    def test_true_and_false_in_the_words_of_spreadsheets(self, written: str, value: bool) -> None:
        assert build(MeasureModel, MEASURE | {"estimated": written}, "x").estimated is value

    def test_forms_are_closed_and_cannot_change(self) -> None:
        form = build(SchoolModel, {"id": "007", "name": " A "}, "x")
        assert (form.id, form.name) == ("007", "A")
        with pytest.raises(ValueError, match="frozen"):
            form.id = "8"


class TestRows:
    def rows(self, model: type[Any], rows: list[tuple[int, Mapping[str, str]]], unique: str = "") -> list[str]:
        with pytest.raises(ParamsError) as caught:
            build_rows(model, rows, "sheet.csv", unique)
        assert caught.value.source == "sheet.csv"
        return [str(problem) for problem in caught.value.problems]

    def test_each_problem_has_its_row(self) -> None:
        good = MEASURE | {"baseline": "12", "target": "", "min_denominator": "", "per": ""}
        (built,) = build_rows(MeasureModel, [(2, good)], "measures.csv", "id")
        assert (built.baseline, built.target, built.min_denominator, built.per) == (12, None, 0, 1.0)
        bad = [
            (2, good),
            (3, good | {"id": "b", "type": "", "baseline": "1"}),
            (5, good | {"id": "LATE", "frequency": "weekly"}),
        ]
        assert self.rows(MeasureModel, bad, "id") == [
            "row 3, type: found nothing, expected a value.",
            f"row 3, baseline: found '1', {BASELINE}",
            "row 5, frequency: found 'weekly', expected week perhaps? Known: day, week, month, year.",
            "row 5, id: found LATE again, expected it once; see row 2.",
        ]

    def test_a_wrong_header_is_told_once(self) -> None:
        rows = [(n, {"id": f"{n}", "nmae": "A", "city": "B"}) for n in range(2, 300)]
        assert self.rows(SchoolModel, rows, "id") == [
            "header, name: found nothing, expected a value.",
            "header, nmae: found an unknown key, expected name perhaps? Known: id, name, district, pseudonym, joined, "
            "left.",
            "header, city: found an unknown key, expected one of: id, name, district, pseudonym, joined, left.",
        ]

    def test_blank_ids_are_missing_and_not_repeated(self) -> None:
        rows = [(2, {"id": "", "name": "A"}), (3, {"id": "", "name": "B"})]
        assert self.rows(SchoolModel, rows, "id") == [
            "row 2, id: found nothing, expected a value.",
            "row 3, id: found nothing, expected a value.",
        ]

    def test_annotations(self) -> None:
        rows = [(2, {"date": "10/13/2025", "label": "x", "kind": "chnge"}), (3, {"date": "2025-10-13", "label": ""})]
        assert self.rows(AnnotationModel, rows) == [
            "row 2, date: found '10/13/2025', expected a date such as 2025-10-13.",
            "row 2, kind: found 'chnge', expected change perhaps? "
            "Known: change, holiday, policy, instrument, campaign, other.",
            "row 3, label: found nothing, expected a value.",
        ]


@pytest.mark.parametrize("twin", ["007 ", " 007", "007\u00a0", "007\u200b", "\u202e007"])
def test_an_id_has_nothing_that_a_reader_cannot_see(twin: str) -> None:
    """A blank behind an id once put another school's name on a school's complete data."""
    with pytest.raises(ParamsError):
        build_rows(SchoolModel, [(2, {"id": "007", "name": "A"}), (3, {"id": twin, "name": "B"})], "schools.csv", "id")


def test_ids_that_differ_in_case_or_composition_only_are_one() -> None:
    rows = [(2, {"id": "caf\u00e9", "name": "A"}), (3, {"id": "CAFE\u0301", "name": "B"})]
    with pytest.raises(ParamsError, match="row 3, id"):
        build_rows(SchoolModel, rows, "schools.csv", "id")
