"""Excluded, hidden, missing, not applicable, an error of the source: five things, and five to the last page."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest

from pdsa import figures, narrate, plots, tables
from pdsa.chart import analyze
from pdsa.check import check_observations
from pdsa.errors import InputError
from pdsa.plots.frames import absences, sheet_of
from pdsa.records import Calendar, Measure
from pdsa.series import Panel, panel_of
from pdsa.terms import ABSENT_WORDS, STATUS_WORDS, STATUSES
from pdsa.workspace import complete, load, points_file

matplotlib.use("agg")
DAYS = [f"{day:%Y-%m-%d}" for day in pd.date_range("2025-09-01", periods=16, freq="7D")]
# One period of each sort; a second one of what is not applicable; the other ten are ordinary.
WORDS = {
    2: "missing",
    4: "suppressed",
    6: "excluded",
    8: "not_applicable",
    10: "error",
    12: "excluded",
    14: "not_applicable",
}
MEASURE = Measure("zeal", "Zeal", "outcome", "proportion", "%", "up", "week", "Zeal", per=100)


def rows() -> list[str]:
    """CSV rows of one school: the first excluded row has its numbers, the second one had impossible ones."""
    made = []
    for k, day in enumerate(DAYS):
        word = WORDS.get(k, "")
        pair = "0,0" if k == 8 else "30,40" if k == 6 else "," if word else f"{20 + k % 5},40"
        made.append(f"007,zeal,{day},{pair},{word}")
    return made


def observations() -> pd.DataFrame:
    text = "\n".join(["school,measure,period,numerator,denominator,status", *rows(), ""])
    table = pd.read_csv(StringIO(text), dtype="str", keep_default_na=False)
    return check_observations(table, (MEASURE,), None, "zeal.csv")


def panel() -> Panel:
    return panel_of(observations(), MEASURE, Calendar())


def test_new_statuses_stand_at_the_end_so_that_old_codes_keep_their_meaning() -> None:
    assert (
        *("reported", "missing", "suppressed", "excluded", "top_coded", "bottom_coded"),
        *("not_applicable", "error"),
    ) == STATUSES
    assert list(STATUS_WORDS) == list(STATUSES)


def test_each_stays_what_it_is_in_the_panel() -> None:
    assert [STATUSES[code] for code in panel().status] == [WORDS.get(k, "reported") for k in range(16)]
    assert np.flatnonzero(np.isnan(panel().value)).tolist() == [2, 4, 8, 10, 12, 14]


@pytest.mark.parametrize(
    ("words", "week"),
    [
        (("not_applicable", "not_applicable"), "not_applicable"),
        (("not_applicable", "missing"), "missing"),
        (("missing", "error"), "error"),
        (("error", "suppressed"), "suppressed"),
        (("suppressed", "excluded"), "excluded"),
        (("error", "reported"), "reported"),
        (("not_applicable", "reported"), "reported"),
    ],
)
def test_of_several_days_of_a_week_the_most_telling_one_names_it(words: tuple[str, str], week: str) -> None:
    frame = observations().iloc[:2].assign(period=pd.to_datetime(["2025-09-01", "2025-09-02"]))
    numbers = [20.0 if word == "reported" else np.nan for word in words]
    frame = frame.assign(status=list(words), numerator=numbers, denominator=[2 * one for one in numbers])
    assert [STATUSES[code] for code in panel_of(frame, MEASURE, Calendar()).status] == [week]


@pytest.mark.parametrize("word", ["missing", "suppressed", "not_applicable", "error"])
def test_a_value_beside_a_status_that_has_none_is_a_contradiction(word: str) -> None:
    table = pd.DataFrame({"school": ["007"], "measure": ["zeal"], "period": ["2025-09-01"], "value": ["0.5"]})
    with pytest.raises(InputError) as caught:
        check_observations(table.assign(status=word), (MEASURE,), None, "zeal.csv")
    assert str(caught.value.problems[0]) == (
        f"row 2, status: found {word} on a row that has a value, expected no value on this row, or another status."
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for below in ("params", "observations"):
        (tmp_path / below).mkdir()
    (tmp_path / "network.yaml").write_text("id: mini\nname: Mini\nmin_n: 10\n")
    (tmp_path / "measures.csv").write_text(
        "id,name,type,data_type,unit,direction,frequency,definition,per,chart\n"
        "zeal,Zeal,outcome,proportion,%,up,week,Zeal,100,p\n"
    )
    (tmp_path / "schools.csv").write_text("id,name\n007,Ash School\n")
    (tmp_path / "observations" / "zeal.csv").write_text(
        "\n".join(["school,measure,period,numerator,denominator,status", *rows(), ""])
    )
    (tmp_path / "params" / "mini.yaml").write_text("schema: 1\nname: mini\nworkspace: ..\n")
    return tmp_path


def test_all_five_stand_apart_on_a_page(folder: Path) -> None:
    dossier = load(folder, school="007")
    (chart,) = dossier.charts()
    assert dossier.missing == (
        "Zeal, 1 week, 1 week excluded, 2 weeks not applicable, 1 week with an error in the source"
    )
    assert chart.summary.loc[0, "notes"] == (
        "1 period hidden because the group is small",
        "1 period without a value: a gap is drawn, nothing is filled in",
        "2 periods not applicable: there was nothing to report",
        "1 period with an error in the source: a gap is drawn",
        "1 point excluded from lines and rules, still drawn",
        "1 period excluded without a value: what was reported cannot be",
        *chart.summary.loc[0, "notes"][6:],
    )
    alt = narrate.alt_text(chart)
    for told in (
        *("1 week without a value", "1 week hidden", "2 weeks excluded"),
        *("2 weeks not applicable", "1 week with an error in the source"),
    ):
        assert told in alt


def test_all_five_stand_apart_in_the_drawing_and_its_key(folder: Path) -> None:
    (chart,) = load(folder, school="007").charts()
    svg = figures.control_chart(chart)._repr_html_()
    counts = {name: len(re.findall(f'class="pdsa-(?:point pdsa-)?{name}"', svg)) for name in ABSENT_WORDS}
    assert counts == {"hidden": 1, "missing": 1, "set_aside": 1, "not_applicable": 2, "error": 1}
    assert svg.count("pdsa-point pdsa-crossed") == 1
    for told in (
        *("week of 2025-09-15: no data", "week of 2025-09-29: hidden for privacy"),
        *("week of 2025-10-13: 75.0% (30 of 40), left out of the lines", "week of 2025-10-27: not applicable"),
        *("week of 2025-11-10: an error in the source", "week of 2025-11-24: excluded, without a value"),
    ):
        assert f"<title>{told}</title>" in svg
    key = svg[svg.index('class="pdsa-key"') :]
    for words in (*ABSENT_WORDS.values(), "left out of the lines"):
        assert f">{words}<" in key
    many = figures.small_multiples(chart)._repr_html_()
    assert all(f"> {words}<" in many.replace("</svg> ", "</svg>> ") for words in ABSENT_WORDS.values())
    plots.control_chart(chart).draw()
    marks = absences(sheet_of(chart))["mark"].tolist()
    assert marks == ["missing", "hidden", "not_applicable", "error", "set_aside", "not_applicable"]


def test_all_five_stand_apart_in_the_table_and_the_files(folder: Path) -> None:
    (chart,) = load(folder, school="007").charts()
    html = tables.points_table(chart).as_raw_html()
    for word, count in (("hidden", 1), ("not applicable", 2), ("error in the source", 1), ("75.0% (excluded)", 1)):
        assert html.count(f">{word}</td>") == count
    assert html.count(">excluded</td>") == 1
    found = pd.read_csv(StringIO(points_file((chart,)).data["text"]))["status"].tolist()  # type: ignore[arg-type]
    assert found == [WORDS.get(k, "reported") for k in range(16)]
    assert complete(load(folder, school="007"), (chart,)).data["missing"] == load(folder, school="007").missing


class TestFrames:
    FRAME = pd.DataFrame({"week": range(1, 13), "late": [5, 6, 7, 5, 6, 7, 5, 6, 9, 5, 6, 7], "all": 50})

    def test_the_new_words_are_read(self) -> None:
        late, whole = self.FRAME["late"].astype(float), self.FRAME["all"].astype(float)
        late[[2, 4]], whole[[2, 4]] = (0, np.nan), (0, np.nan)
        words = ["not_applicable" if k == 2 else "error" if k == 4 else "" for k in range(12)]
        frame = self.FRAME.assign(late=late, all=whole, status=words)
        chart = analyze(frame, "p", value="late", denominator="all", period="week")
        assert [STATUSES[code] for code in chart.status[[1, 2, 4]]] == ["reported", "not_applicable", "error"]
        assert chart.summary.loc[0, "notes"][:2] == (
            "1 period not applicable: there was nothing to report",
            "1 period with an error in the source: a gap is drawn",
        )
        assert chart.points["included"].all()
        assert chart.summary.loc[0, "n_useful"] <= 10

    @pytest.mark.parametrize("word", ["not_applicable", "error"])
    def test_a_number_beside_them_is_refused(self, word: str) -> None:
        with pytest.raises(InputError) as caught:
            analyze(self.FRAME.assign(status=[word, *[""] * 11]), "i", value="late", period="week")
        assert str(caught.value.problems[0]) == f"row 1, late: found a number beside {word}, expected no number there."

    def test_a_column_of_other_words_is_told(self) -> None:
        words = ["final", "draft", "{n}", "closed", *["final"] * 8]
        chart = analyze(self.FRAME.assign(status=words, school="Ash"), "i", value="late", period="week", by="school")
        assert chart.summary.loc[0, "notes"][0] == (
            "the column status was not used: it has none of our words (reported, missing, suppressed, excluded, "
            "top_coded, bottom_coded, not_applicable, error), but 'final', 'draft', '{n}', ..."
        )
        assert not any(
            "status" in note for note in analyze(self.FRAME, "i", value="late", period="week").summary.notes[0]
        )
        blank = analyze(self.FRAME.assign(status=""), "i", value="late", period="week")
        assert not any("status" in note for note in blank.summary["notes"][0])

    def test_it_is_told_of_each_series_also_with_steps(self) -> None:
        both = pd.concat([self.FRAME.assign(school=name, status="ok") for name in "AB"]).assign(
            week=lambda f: pd.Timestamp("2025-09-01") + pd.to_timedelta(7 * f["week"], unit="D")
        )
        chart = analyze(both, "run", value="late", period="week", by="school", step="week")
        assert [note[0][:32] for note in chart.summary["notes"]] == ["the column status was not used: "] * 2
