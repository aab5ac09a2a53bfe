"""School years as periods: from July 1 to June 30, named 2016-17; of few of them no limits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest

from pdsa import adjust, figures, narrate, plots
from pdsa.chart import Chart, analyze
from pdsa.errors import InputError
from pdsa.params import MeasureModel
from pdsa.records import Calendar, Closure, Measure, School
from pdsa.series import new_way, open_periods, panel_of, period_start, school_year, step_range
from pdsa.trace import labels, read
from pdsa.workspace import load
from pdsa.workspace.append import add_schools
from pdsa.workspace.start import new_workspace

matplotlib.use("agg")
# Kindergarten readiness of one county, in percent (features.md, section 6).
READY = [45.77, 45.0, 46.0, 47.0, 42.0, 45.0, 50.0, 36.0]
JULYS = [f"{year}-07-01" for year in range(2016, 2024)]


def ready(kind: str = "i", years: int = 8, **more: object) -> Chart:
    values = (READY * 2)[:years]
    frame = pd.DataFrame({"year": [f"{2016 + k}-07-01" for k in range(years)], "ready": values})
    return analyze(frame, kind, value="ready", period="year", step="year", better="up", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "start"),
    [
        ("2016-07-01", "2016-07-01"),
        ("2017-06-30", "2016-07-01"),
        ("2017-07-01", "2017-07-01"),
        ("2016-12-31", "2016-07-01"),
    ],
)
def test_days_belong_to_the_school_year_that_they_lie_in(day: str, start: str) -> None:
    days = pd.Series([day]).astype("datetime64[us]")
    found = period_start(days, "year")
    assert found.dt.strftime("%Y-%m-%d").tolist() == [start]
    assert found.dtype == days.dtype


def test_a_range_of_years() -> None:
    found = step_range(pd.Timestamp("2016-07-01"), pd.Timestamp("2019-07-01"), "year")
    assert [f"{day:%Y-%m-%d}" for day in found] == ["2016-07-01", "2017-07-01", "2018-07-01", "2019-07-01"]


def test_a_year_is_closed_only_as_a_whole() -> None:
    starts = step_range(pd.Timestamp("2019-07-01"), pd.Timestamp("2021-07-01"), "year")
    spring = Calendar(closures=(Closure(date(2020, 3, 13), date(2020, 6, 30), "closed"),))
    whole = Calendar(closures=(Closure(date(2020, 7, 1), date(2021, 6, 30), "closed"),))
    assert len(open_periods(starts, "year", spring)) == 3
    assert open_periods(starts, "year", whole).year.tolist() == [2019, 2021]


@pytest.mark.parametrize(
    ("day", "first", "mixed"),
    [
        (date(2019, 7, 1), "2019-07-01", None),
        (date(2019, 9, 3), "2019-07-01", None),
        (date(2019, 10, 1), "2020-07-01", "2019-07-01"),
        (date(2020, 3, 13), "2020-07-01", "2019-07-01"),
    ],
)
def test_a_change_in_autumn_is_one_of_the_whole_year(day: date, first: str, mixed: str | None) -> None:
    start, both = new_way(day, "year", Calendar())
    assert (f"{start:%Y-%m-%d}", None if both is None else f"{both:%Y-%m-%d}") == (first, mixed)


def test_names() -> None:
    assert [school_year(year) for year in (2016, 1999, 2008)] == ["2016-17", "1999-00", "2008-09"]
    assert narrate.format_period(pd.Timestamp("2017-05-12"), "year") == "2016-17"
    assert narrate.noun_of("year") == "school year"
    assert narrate.plural(2, narrate.noun_of("year")) == "2 school years"
    days = pd.Series(pd.to_datetime(["1969-07-01", "1970-06-30", "2016-07-01", "2017-01-01"])).to_numpy()
    assert labels(days, "year") == ["1969-70", "1969-70", "2016-17", "2016-17"]


def test_a_measure_by_the_year_in_a_panel() -> None:
    measure = Measure("grad", "Graduation", "outcome", "proportion", "%", "up", "year", "Graduates", per=100)
    frame = pd.DataFrame(
        {
            "school": "007", "measure": "grad", "value": np.nan, "numerator": [80.0, 85.0, 5.0, 90.0],
            "denominator": [100.0, 100.0, 5.0, 100.0], "group_dim": "", "group": "", "status": "reported",
            "source": "g.csv", "row": [2, 3, 4, 5],
            "period": pd.to_datetime(["2016-08-30", "2017-09-01", "2018-06-30", "2019-07-01"]),
        }
    )  # fmt: skip
    panel = panel_of(frame, measure, Calendar())
    assert [f"{day:%Y-%m-%d}" for day in panel.period] == ["2016-07-01", "2017-07-01", "2018-07-01", "2019-07-01"]
    assert np.nan_to_num(panel.value, nan=-1).tolist() == [0.8, 90 / 105, -1, 0.9]
    assert (panel.step, panel.status.tolist()) == ("year", [0, 0, 1, 0])


def test_missing_years_of_a_frame_are_gaps() -> None:
    frame = pd.DataFrame({"year": ["2016-09-06", "2017-09-05", "2019-09-03"], "ready": [1, 2, 3]})
    chart = analyze(frame, "run", value="ready", period="year", step="year")
    assert [f"{day:%Y-%m-%d}" for day in chart.points["period"]] == [
        *("2016-09-06", "2017-09-05", "2018-07-01", "2019-09-03"),
    ]
    assert chart.points["value"].isna().tolist() == [False, False, True, False]
    with pytest.raises(InputError, match="whole number of years"):
        analyze(
            frame.assign(year=["2016-09-06", "2017-01-05", "2019-09-03"]), value="ready", period="year", step="year"
        )


class TestFewYears:
    @pytest.mark.parametrize("kind", ["i", "auto", "mr", "ewma"])
    def test_no_limits_are_drawn_and_nothing_is_judged(self, kind: str) -> None:
        chart = ready(kind, target=60.0)
        assert chart.points[["lower", "upper", "lower_2s", "upper_2s"]].isna().all().all()
        row = chart.summary.iloc[0]
        assert (row["verdict"], row["kind"], row["n_useful"] < 10, row["assurance"]) == ("too_few", "run", True, None)
        assert "would mislead" in row["notes"][0]
        assert chart.points["value"].tolist() == READY

    def test_counts_as_well(self) -> None:
        frame = pd.DataFrame({"year": JULYS, "grad": [80, 85, 81, 79, 90, 88, 91, 70], "all": 100})
        for limits in (None, "guarded"):
            chart = analyze(frame, "p", value="grad", denominator="all", period="year", step="year", limits=limits)  # type: ignore[arg-type]
            assert chart.points[["lower", "upper"]].isna().all().all()
            assert chart.summary.loc[0, "notes"][0] == "run chart: under 10 school years limits would mislead"

    def test_limits_that_are_asked_for_by_name_are_drawn(self) -> None:
        chart = ready("i", baseline=7, limits="published")
        assert chart.summary.loc[0, "center"] == pytest.approx(45.82, abs=0.005)
        limits = chart.points.loc[7, ["lower", "upper"]].tolist()
        assert limits == pytest.approx([38.83, 52.82], abs=0.01)
        assert chart.points["rule_outside"].tolist() == [*[False] * 7, True]
        assert chart.summary.loc[0, "verdict"] == "too_few"

    def test_ten_years_have_limits_and_each_phase_needs_ten(self) -> None:
        assert ready("i", 10).points["upper"].notna().all()
        assert ready("i", 9).points["upper"].isna().all()
        assert ready("i", 16, break_on=[9]).points["upper"].isna().all()

    def test_other_steps_keep_their_limits(self) -> None:
        frame = pd.DataFrame({"week": pd.date_range("2025-09-01", periods=8, freq="7D"), "ready": READY})
        assert analyze(frame, "i", value="ready", period="week", step="week").points["upper"].notna().all()

    def test_the_sentence(self) -> None:
        assert str(narrate.headline(ready())) == (
            "Value: too early to say. 8 of 10 useful school years are in: 2 more school years until we can judge."
        )
        assert "all 8 school years, 2016-17 to 2023-24" in narrate.alt_text(ready())


def write_years(folder: Path, measure: str = "", years: int = 14) -> Path:
    """A workspace of two schools whose graduates are counted by the year."""
    new_workspace(folder, name="Years", measures=["graduation_4yr"])
    add_schools(folder, [School("007", "Ash School"), School("012", "Birch School")])
    rows = [
        f"{school},graduation_4yr,{2008 + k}-09-0{1 + k % 5},{60 + (7 * k + salt) % 12},{90 + k}"
        for school, salt in (("007", 0), ("012", 5))
        for k in range(years)
    ]
    head = "school,measure,period,numerator,denominator"
    (folder / "observations" / "grad.csv").write_text("\n".join([head, *rows, ""]))
    if measure:
        text = (folder / "measures.csv").read_text()
        (folder / "measures.csv").write_text(text.replace(",100,,,,,", f",100,{measure}"))
    return folder


class TestWorkspaces:
    def test_a_measure_by_the_year_from_the_file_to_the_page(self, tmp_path: Path) -> None:
        dossier = load(write_years(tmp_path / "net"), school="007")
        (chart,) = dossier.charts()
        assert (chart.step, len(chart.points)) == ("year", 14)
        assert str(dossier.facts()) == "Years. Data through 2021-22."
        assert chart.summary.loc[0, "kind"] == "p"
        assert chart.points["upper"].notna().all()
        assert "all 14 school years, 2008-09 to 2021-22" in narrate.alt_text(chart)

    def test_few_years_of_a_named_kind(self, tmp_path: Path) -> None:
        folder = write_years(tmp_path / "net", ",p,,,", years=8)
        (chart,) = load(folder, school="007").charts()
        assert chart.points[["lower", "upper"]].isna().all().all()
        assert "run chart: under 10 school years limits would mislead" in chart.summary.loc[0, "notes"]
        with (folder / "params" / "report.yaml").open("a") as file:
            file.write("chart: {limits: predictive}\n")
        (asked,) = load(folder, school="007").charts()
        assert asked.points["upper"].notna().all()

    def test_a_baseline_of_days_is_one_of_the_years_that_they_lie_in(self, tmp_path: Path) -> None:
        folder = write_years(tmp_path / "net", ",p,2008-09-01..2020-06-30,,")
        (chart,) = load(folder, school="007").charts()
        assert chart.points["baseline"].tolist() == [*[True] * 12, False, False]

    def test_a_new_instrument(self, tmp_path: Path) -> None:
        folder = write_years(tmp_path / "net")
        (folder / "annotations.csv").write_text("date,label,kind,school,measure\n2018-09-04,New rule,instrument,,\n")
        dossier = load(folder, school="007")
        (chart,) = dossier.charts()
        assert chart.extra["instrument"].diff().fillna(0).tolist().index(1) == 10
        assert chart.points["included"].all()
        assert "measured in a new way: from 2018-19." in str(dossier.footnotes((chart,)))


def test_both_drawings_name_the_years() -> None:
    chart = ready()
    trace = read(chart)
    assert (trace.school_years, trace.breaks.any()) == (True, False)
    svg = figures.control_chart(chart)._repr_html_()
    assert "<title>2016-17: 45.8</title>" in svg
    for year in ("2016-17", "2019-20", "2023-24"):
        assert f">{year}</text>" in svg
    assert 'class="pdsa-upper"' not in svg
    plot = plots.control_chart(chart)
    scale = next(one for one in plot.scales if "x" in one.aesthetics)
    assert scale.labels[:3] == ["2016-17", "2018-19", "2020-21"]
    gap = pd.DataFrame({"year": ["2016-07-01", "2018-07-01"], "ready": [1, 2]})
    assert read(analyze(gap, value="ready", period="year")).step == 730


def test_sums_of_months_to_years() -> None:
    months = pd.DataFrame({"month": ["2017-06-01", "2017-07-01", "2018-06-01"], "late": [2, 3, 4], "all": [20, 30, 40]})
    found = adjust.aggregate(months, "year", value="late", denominator="all", period="month")
    assert [f"{day:%Y-%m-%d}" for day in found["month"]] == ["2016-07-01", "2017-07-01"]
    assert found[["late", "all", "rows"]].to_numpy().tolist() == [[2, 20, 1], [7, 70, 2]]


def test_measures_may_be_of_a_year() -> None:
    model = MeasureModel(
        id="grad", name="Graduation", type="outcome", data_type="proportion", unit="%", direction="up",
        frequency="year", definition="Graduates",
    )  # fmt: skip
    assert model.record().frequency == "year"
