"""The synthetic network: same bytes everywhere, its calendar, gaps and truth, and folders that it must not touch."""

import csv
import hashlib
import sqlite3
import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pdsa.chart import analyze
from pdsa.errors import InputError
from pdsa.example import journal, write_example
from pdsa.inquiry import Change
from pdsa.log import open_log

MEASURES = ["on_track", "attendance", "check_ins", "prep_minutes"]
RATIOS = ["on_track", "attendance", "check_ins"]
FILES = {
    "LOG-TRUTH.csv",
    "README.txt",
    "TRUTH.csv",
    "annotations.csv",
    "incoming/attendance-tracker-2026-05.csv",
    "incoming/attendance-tracker-2026-06.csv",
    "incoming/grade-checks.csv",
    "incoming/pdsa-plans.csv",
    "measures.csv",
    "network.yaml",
    "observations/attendance.csv",
    "observations/check_ins.csv",
    "observations/on_track.csv",
    "observations/prep_minutes.csv",
    "params/example.yaml",
    "pdsa.sqlite",
    "schools.csv",
}
# sha256 over name, NUL, bytes, NUL of every file in order of names: written by this version on Linux, numpy 2.4. The
# log counts by the ends of its chains: how SQLite lays out a file is its own affair.
DIGEST = "eca51bc918b7912b40aef496490d4a17b570d9f1a6142fc15140774e033f79b8"
IMPROVE_ATTENDANCE = {"0107", "0121", "0142", "0177", "0205", "0226", "0254", "0268"}
IMPROVE_ON_TRACK = {"0107", "0121", "0177", "0205", "0268"}
MORE_CHECK_INS = IMPROVE_ATTENDANCE | {"0163", "0191", "0240", "0261"}
SMALL = {"0135", "0219"}


def digest(folder):
    total = hashlib.sha256()
    for name, content in contents(folder).items():
        text = ends(folder / name) if name == "pdsa.sqlite" else content
        total.update(name.encode() + b"\0" + text + b"\0")
    return total.hexdigest()


def ends(path):
    with open_log(path, create=False) as log:
        verified = log.verify()
    assert verified.problems == ()
    return repr(sorted(verified.heads.items())).encode()


def contents(folder):
    found = sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found if path.is_file()}


def rows(folder, name):
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def observed(folder, measure):
    return rows(folder, f"observations/{measure}.csv")


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network") / "example"
    write_example(folder)
    return folder


@pytest.fixture(scope="module")
def weeks(example):
    """Mondays that the calendar in the file leaves open, worked out day by day."""
    closures = yaml.safe_load((example / "network.yaml").read_text())["calendar"]["closures"]
    closed = set()
    for closure in closures:
        day = closure["start"]
        while day <= closure["end"]:
            closed.add(day)
            day += timedelta(days=1)
    mondays = [date(2024, 8, 26) + timedelta(weeks=n) for n in range(93)]
    assert mondays[-1] == date(2026, 6, 1)
    return [day for day in mondays if not all(day + timedelta(days=n) in closed for n in range(7))]


def test_bytes_are_the_same_each_time_and_those_of_this_version(example, tmp_path):
    write_example(tmp_path)
    assert contents(tmp_path) == contents(example)
    assert digest(example) == DIGEST


def test_the_files_are_returned_and_nothing_else_is_left(tmp_path):
    written = write_example(tmp_path / "new" / "example")
    assert {path.relative_to(tmp_path / "new" / "example").as_posix() for path in written} == FILES
    assert set(contents(tmp_path)) == {f"new/example/{name}" for name in FILES}
    assert written[-1].name == "network.yaml"


def test_it_says_everywhere_that_it_is_synthetic(example):
    network = yaml.safe_load((example / "network.yaml").read_text())
    assert network["synthetic"] is True
    assert network["name"] == "Example network (synthetic)"
    assert (network["id"], network["min_n"], network["calendar"]["mode"]) == ("example", 10, "listed")
    assert network["contact"] == "Improvement hub, role address only"
    readme = (example / "README.txt").read_text()
    assert readme.startswith("Example network (synthetic)\n")
    assert "SYNTHETIC" in readme and "pdsa report params/example.yaml" in readme and "TRUTH.csv" in readme
    assert all(name.rsplit("/")[-1] in readme for name in FILES if not name.startswith(("observations", "README")))


def test_params_are_those_that_the_reports_run_with(example):
    params = yaml.safe_load((example / "params/example.yaml").read_text())
    assert params == {
        "schema": 1,
        "name": "example",
        "workspace": "..",
        "audiences": ["team", "coach", "district", "network"],
        "as_of": date(2026, 6, 12),
        "workers": 2,
        "timeout_seconds": 300,
    }


def test_two_school_years_of_38_weeks_are_open(weeks):
    assert len(weeks) == 76
    assert sum(day < date(2025, 7, 1) for day in weeks) == 38
    assert date(2024, 12, 23) not in weeks and date(2024, 12, 30) not in weeks
    assert date(2024, 11, 25) in weeks  # Thanksgiving closes two days of it


def test_measures_have_the_four_types_and_plain_definitions(example):
    measures = rows(example, "measures.csv")
    header = (example / "measures.csv").read_text().split("\n")[0]
    assert header == (
        "id,name,type,data_type,unit,direction,frequency,definition,numerator_def,denominator_def,per,target,chart,"
        "baseline,min_denominator"
    )
    assert [
        (row["id"], row["type"], row["data_type"], row["direction"], row["per"], row["target"]) for row in measures
    ] == [
        ("on_track", "outcome", "proportion", "up", "100", "0.85"),
        ("attendance", "primary_driver", "proportion", "up", "100", "0.9"),
        ("check_ins", "process", "rate", "up", "100", "0.8"),
        ("prep_minutes", "balancing", "continuous", "down", "1", ""),
    ]
    assert all((row["frequency"], row["chart"], row["baseline"]) == ("week", "auto", "20") for row in measures)
    assert all(len(row["definition"]) > 80 and None not in row for row in measures)


def test_schools_have_text_ids_two_districts_and_pseudonyms_in_another_order(example):
    schools = rows(example, "schools.csv")
    assert len(schools) == 24 and schools[0]["id"] == "0107"
    assert len({row["district"] for row in schools}) == 2
    for column in ("id", "name", "pseudonym"):
        assert len({row[column] for row in schools}) == 24
    by_pseudonym = sorted(schools, key=lambda row: row["pseudonym"])
    for column in ("id", "name"):
        ordered = sorted(schools, key=lambda row: row[column])
        same = sum(a is b for a, b in zip(ordered, by_pseudonym, strict=True))
        assert same <= 4
    for row in schools:
        for other in schools:
            words = other["name"].lower().split()
            assert not set(words) & set(row["pseudonym"].lower().split())
            assert row["pseudonym"].lower() not in other["name"].lower()


@pytest.mark.parametrize("measure", MEASURES)
def test_every_row_lies_in_an_open_week_once_and_is_possible(example, weeks, measure):
    opened = {day.isoformat() for day in weeks}
    schools = {row["id"] for row in rows(example, "schools.csv")}
    seen = set()
    for row in observed(example, measure):
        assert row["period"] in opened and date.fromisoformat(row["period"]).weekday() == 0
        assert row["school"] in schools and row["measure"] == measure
        assert (row["school"], row["period"]) not in seen
        seen.add((row["school"], row["period"]))
        numbers = [row[name] for name in ("value", "numerator", "denominator") if name in row]
        assert row["status"] == ("reported" if all(numbers) else "missing")
        assert all(numbers) or not any(numbers)
        if row["status"] == "reported" and measure in ("on_track", "attendance"):
            assert 0 <= int(row["numerator"]) <= int(row["denominator"])


def absent(example, weeks, measure, school):
    present = {row["period"] for row in observed(example, measure) if row["school"] == school}
    return [number for number, day in enumerate(weeks) if day.isoformat() not in present]


def test_two_schools_did_not_submit_three_weeks_in_a_row(example, weeks):
    for measure in MEASURES:
        assert absent(example, weeks, measure, "0128") == [20, 21, 22]
        assert absent(example, weeks, measure, "0191") == [50, 51, 52]
    assert absent(example, weeks, "attendance", "0149") == [44]
    assert absent(example, weeks, "on_track", "0149") == []


def test_some_rows_were_submitted_without_a_number(example):
    blank = [(row["school"], m) for m in MEASURES for row in observed(example, m) if row["status"] == "missing"]
    assert sorted(blank) == [
        ("0114", "check_ins"),
        ("0156", "attendance"),
        ("0156", "on_track"),
        ("0212", "attendance"),
        ("0261", "prep_minutes"),
    ]


def test_late_joiner_stopped_school_and_the_one_that_never_reported(example, weeks):
    for measure in MEASURES:
        assert absent(example, weeks, measure, "0184") == list(range(68))
    assert absent(example, weeks, "check_ins", "0198") == list(range(38, 76))
    assert absent(example, weeks, "attendance", "0198") == []
    assert absent(example, weeks, "prep_minutes", "0212") == list(range(76))


def test_two_small_schools_are_hidden_in_some_weeks_and_not_in_others(example):
    small = defaultdict(set)
    for measure in RATIOS:
        for row in observed(example, measure):
            if row["denominator"] and int(row["denominator"]) < 15:
                small[row["school"]].add(int(row["denominator"]))
    assert set(small) == SMALL
    assert all((min(found), max(found)) == (9, 13) for found in small.values())
    under = [row for row in observed(example, "attendance") if row["denominator"] and int(row["denominator"]) < 10]
    assert 5 <= len(under) <= 40


def test_sizes_ties_and_the_constant_series(example):
    counts = [int(row["denominator"]) for row in observed(example, "on_track") if row["denominator"]]
    assert min(counts) == 9 and 255 <= max(counts) <= 270
    minutes = [row["value"] for row in observed(example, "prep_minutes") if row["school"] == "0107"]
    assert all(value.isdigit() for value in minutes) and len(set(minutes)) < 30
    program = [row for row in observed(example, "on_track") if row["school"] == "0247"]
    assert len(program) == 76 and all(row["numerator"] == row["denominator"] for row in program)
    check_ins = [row for row in observed(example, "check_ins") if row["numerator"]]
    assert any(int(row["numerator"]) > int(row["denominator"]) for row in check_ins)


def means(example, measure):
    shares = defaultdict(list)
    for row in observed(example, measure):
        if row["numerator"]:
            shares[row["period"]].append(int(row["numerator"]) / int(row["denominator"]))
    return {day: sum(values) / len(values) for day, values in shares.items()}


def test_the_ice_storm_stands_out_in_every_school(example):
    storm = "2025-01-27"
    mean = means(example, "attendance")
    assert mean[storm] < min(value for day, value in mean.items() if day != storm) - 0.2
    on_track = means(example, "on_track")
    assert on_track[storm] < sum(on_track.values()) / len(on_track)
    label = [row for row in rows(example, "annotations.csv") if row["date"] == storm]
    assert label == [
        {"date": storm, "school": "", "measure": "", "kind": "other", "label": "Ice storm: buses did not run"}
    ]


def test_the_truth_has_a_row_for_every_school_and_measure(example):
    truth = rows(example, "TRUTH.csv")
    schools = [row["id"] for row in rows(example, "schools.csv")]
    assert [(row["school"], row["measure"]) for row in truth] == [(s, m) for s in schools for m in MEASURES]
    planted = defaultdict(set)
    for row in truth:
        planted[row["effect"], row["measure"]].add(row["school"])
    assert planted["improvement", "attendance"] == IMPROVE_ATTENDANCE
    assert planted["improvement", "on_track"] == IMPROVE_ON_TRACK
    assert planted["improvement", "check_ins"] == MORE_CHECK_INS
    assert planted["worsening", "prep_minutes"] == {"0177", "0226", "0240"}
    assert planted["worsening", "attendance"] == {"0170"}
    assert planted["too_few", "on_track"] == {"0184"}
    assert planted["constant", "on_track"] == {"0247"}
    assert planted["no_data", "prep_minutes"] == {"0212"}
    assert sum(len(found) for (effect, _), found in planted.items() if effect == "none") == 96 - 25 - 4 - 4 - 1 - 1


def test_the_process_moves_before_the_outcome_and_starts_are_open_weeks(example, weeks):
    starts = {(row["school"], row["measure"]): row["start"] for row in rows(example, "TRUTH.csv") if row["start"]}
    opened = {day.isoformat() for day in weeks}
    assert all(start in opened and start >= "2025-08-25" for start in starts.values())
    assert all(starts[school, "check_ins"] < starts[school, "attendance"] for school in IMPROVE_ATTENDANCE)
    assert all(starts[school, "attendance"] < starts[school, "on_track"] for school in IMPROVE_ON_TRACK)
    ideas = {(row["school"], row["date"]) for row in rows(example, "annotations.csv") if row["kind"] == "change"}
    assert all((school, starts[school, "check_ins"]) in ideas for school in MORE_CHECK_INS)
    assert {school for school, _ in ideas} == {row["id"] for row in rows(example, "schools.csv")}


def mean_between(example, measure, school, first, last):
    found = [
        float(row["value"]) if "value" in row else int(row["numerator"]) / int(row["denominator"])
        for row in observed(example, measure)
        if row["school"] == school and first <= row["period"] <= last and row["status"] == "reported"
    ]
    return sum(found) / len(found)


def test_the_planted_size_is_in_the_numbers(example):
    for row in rows(example, "TRUTH.csv"):
        if not row["start"]:
            continue
        key = (row["measure"], row["school"])
        until = row["lasting"].removeprefix("until ").replace("end", "9999")
        shift = mean_between(example, *key, row["start"], until) - mean_between(example, *key, "2024", "2025-01-20")
        size = float(row["size"])
        assert 0.5 < shift / size < 1.5, row
        if until != "9999":
            after = mean_between(example, *key, "2025-12-16", "9999")
            assert abs(after - mean_between(example, *key, "2024", "2025-01-20")) < abs(size) / 2


@pytest.fixture(scope="module")
def judged(example):
    """Every series of the example as `analyze` judges it, beside what was planted."""
    truth = pd.read_csv(example / "TRUTH.csv", dtype={"school": str}, keep_default_na=False)
    found = []
    for measure in rows(example, "measures.csv"):
        frame = pd.read_csv(
            example / f"observations/{measure['id']}.csv", dtype={"school": str}, parse_dates=["period"]
        )
        columns = {"value": "numerator", "denominator": "denominator"} if measure["id"] in RATIOS else {}
        options = {"per": float(measure["per"]), "baseline": int(measure["baseline"]), "better": measure["direction"]}
        chart = analyze(frame, kind="auto", by=["school", "measure"], **columns, **options)
        found.append(chart.summary[["school", "measure", "kind", "verdict", "history"]])
    return truth.merge(pd.concat(found), on=["school", "measure"])


def test_an_honest_chart_finds_most_planted_changes_and_leaves_most_stable_series_alone(judged):
    lasting = judged[judged.lasting == "until end"]
    assert len(lasting) == 27
    right = (lasting.effect == "improvement") & (lasting.verdict == "improvement")
    right |= (lasting.effect == "worsening") & (lasting.verdict == "concern")
    assert right.sum() >= 24
    stable = judged[judged.effect == "none"]
    assert len(stable) == 61
    assert 3 <= (stable.verdict != "common_cause").sum() <= 15
    assert set(judged[judged.effect == "too_few"].verdict) == {"too_few"}


def test_gains_that_did_not_last_stand_in_the_history_and_not_in_the_verdict(judged):
    lost = judged[judged.lasting == "until 2025-12-15"]
    assert len(lost) == 2
    assert all("long_run" in history for history in lost.history)
    assert "improvement" not in set(lost.verdict)


def test_large_schools_whose_weeks_differ_by_more_than_chance_get_a_prime_chart(judged):
    shares = judged[judged.measure.isin(["on_track", "attendance"])]
    wide = shares.school.isin(["0121", "0156", "0205", "0268"])
    assert (shares[wide].kind == "p_prime").sum() >= 6
    assert (shares[~wide].kind == "p_prime").sum() <= 4


def test_labels_with_characters_that_markup_reads_are_among_the_annotations(example):
    annotations = rows(example, "annotations.csv")
    labels = {row["label"] for row in annotations}
    assert "Breakfast cards, $5 (10% of families)" in labels
    assert any("<" in label for label in labels) and any("&" in label for label in labels)
    assert {row["kind"] for row in annotations} == {"change", "other", "policy"}


def tracker(example, month):
    """The texts of a tracker: by school and week; the average has no id."""
    text = (example / f"incoming/attendance-tracker-2026-{month}.csv").read_text(encoding="utf-8")
    _, _, header, *body = csv.reader(text.splitlines())
    return {row[0]: dict(zip(header[2:], row[2:], strict=True)) for row in body[:-2]}


def test_trackers_of_two_months_differ_in_one_week_and_two_numbers(example):
    may, june = tracker(example, "05"), tracker(example, "06")
    assert len(may) == 25
    assert list(june["0107"]) == [*may["0107"], "2026-06-01"]
    changed = [
        (s, week, may[s][week], june[s][week]) for s in may for week in may[s] if s and may[s][week] != june[s][week]
    ]
    assert changed == [("0163", "2026-05-18", "92.0%", "89.6%"), ("0198", "2026-05-25", "TBD", "90.9%")]
    texts = [text for row in may.values() for text in row.values() if not text.endswith("%")]
    assert Counter(texts) == {"95% or more": 5, "n<10": 4, "n/a": 1, "": 1, "TBD": 1}


def test_grade_checks_have_dates_that_can_be_read_in_two_orders(example):
    checks = rows(example, "incoming/grade-checks.csv")
    days = list(dict.fromkeys(row["Month"] for row in checks))
    assert len(days) == 20 and "03/01/2026" in days
    assert all(int(part) <= 12 for day in days for part in day.split("/")[:2])
    for day in days:
        own = [row for row in checks if row["Month"] == day and row["School ID"] and row["Students Passing"] != "*"]
        (total,) = [row for row in checks if row["Month"] == day and not row["School ID"]]
        difference = int(total["Students Passing"]) - sum(int(row["Students Passing"]) for row in own)
        if any(row["Students Passing"] == "*" for row in checks if row["Month"] == day):
            assert 0 < difference < 24  # of two schools with fewer than twelve students
        else:
            assert difference == (2 if day == "02/01/2025" else 0)


def test_plans_of_the_form_name_schools_and_hold_texts_that_need_care(example):
    plans = rows(example, "incoming/pdsa-plans.csv")
    assert {row["School ID"] for row in plans} <= {row["id"] for row in rows(example, "schools.csv")}
    assert len(plans) == 4 and all("because" in row["What do you predict, and why?"] for row in plans)
    assert plans[3]["How will you know?"] == "=the list, on paper"


@pytest.mark.parametrize("schools", [1, 30, 400])
def test_other_numbers_of_schools_repeat_the_first_ones(example, tmp_path, schools):
    write_example(tmp_path, schools=schools)
    made = rows(tmp_path, "schools.csv")
    for column in ("id", "name", "pseudonym"):
        assert len({row[column] for row in made}) == schools
    assert len(rows(tmp_path, "TRUTH.csv")) == 4 * schools
    count = min(schools, 24)
    first = {row["id"] for row in made[:count]}
    for measure in MEASURES:
        here = [row for row in observed(tmp_path, measure) if row["school"] in first]
        assert here == [row for row in observed(example, measure) if row["school"] in first]


def test_24_schools_take_under_a_second_and_their_log_under_two_more(tmp_path):
    journal._made.cache_clear()  # seconds of this process: others may be at work on the same machine
    start = time.process_time()
    write_example(tmp_path / "first")
    assert time.process_time() - start < 3
    start = time.process_time()
    write_example(tmp_path / "second")  # the log is made once by a process
    assert time.process_time() - start < 1


def test_an_example_made_before_is_written_again_also_with_other_schools(tmp_path):
    write_example(tmp_path, schools=30)
    write_example(tmp_path)
    assert digest(tmp_path) == DIGEST
    write_example(tmp_path)
    assert digest(tmp_path) == DIGEST


def test_an_example_that_was_cut_short_is_completed(tmp_path):
    for path in write_example(tmp_path)[4:]:
        path.unlink()
    write_example(tmp_path)
    assert digest(tmp_path) == DIGEST


def plant(folder, name):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine\n")


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        ".hidden",
        "observations/mine.csv",
        "incoming/mine.csv",
        "params/mine.yaml",
        "log.sqlite",
        "outputs/index.html",
    ],
)
@pytest.mark.parametrize("made_before", [False, True])
def test_a_folder_with_another_file_is_refused_and_left_as_it_is(tmp_path, name, made_before):
    if made_before:
        write_example(tmp_path)
    plant(tmp_path, name)
    before = contents(tmp_path)
    with pytest.raises(InputError, match="nothing was written") as caught:
        write_example(tmp_path, schools=30)
    assert caught.value.problems[0].place == (name if not name.startswith("outputs") else "outputs")
    assert contents(tmp_path) == before


def test_a_log_that_somebody_wrote_into_is_not_lost(tmp_path):
    write_example(tmp_path)
    with open_log(tmp_path / "pdsa.sqlite", author="lead-0107") as log:
        log.apply([Change("insight", "", "0107", {"text": "ours", "school_id": "0107"})])
    before = contents(tmp_path)
    with pytest.raises(InputError, match=r"pdsa\.sqlite"):
        write_example(tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0 and no more", b"mine\n"])
def test_a_file_in_place_of_the_log_is_not_lost(tmp_path, content):
    write_example(tmp_path)
    (tmp_path / "pdsa.sqlite").write_bytes(content)
    with pytest.raises(InputError, match=r"pdsa\.sqlite"):
        write_example(tmp_path)
    assert (tmp_path / "pdsa.sqlite").read_bytes() == content


def test_a_log_that_was_opened_and_left_as_it_is_is_still_that_of_the_example(tmp_path):
    write_example(tmp_path)
    with sqlite3.connect(tmp_path / "pdsa.sqlite") as connection:
        connection.execute("VACUUM")
    connection.close()
    write_example(tmp_path)
    assert digest(tmp_path) == DIGEST


@pytest.mark.parametrize("name", ["schools.csv", "network.yaml", "observations/attendance.csv"])
def test_a_file_of_the_example_that_someone_edited_is_not_lost(tmp_path, name):
    write_example(tmp_path)
    text = (tmp_path / name).read_text() + "\n"
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError):
        write_example(tmp_path)
    assert (tmp_path / name).read_text() == text


def test_a_real_workspace_is_refused_with_every_file_named(tmp_path):
    for name in ("network.yaml", "schools.csv", "measures.csv"):
        plant(tmp_path, name)
    before = contents(tmp_path)
    with pytest.raises(InputError) as caught:
        write_example(tmp_path)
    assert [problem.place for problem in caught.value.problems] == ["measures.csv", "network.yaml", "schools.csv"]
    assert contents(tmp_path) == before


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "example"
    folder.mkdir()
    (folder / "observations").symlink_to(outside, target_is_directory=True)
    with pytest.raises(InputError, match="observations"):
        write_example(folder)
    assert list(outside.iterdir()) == [] and [path.name for path in folder.iterdir()] == ["observations"]


def test_a_directory_under_a_file_name_is_refused(tmp_path):
    (tmp_path / "schools.csv").mkdir()
    with pytest.raises(InputError, match=r"schools\.csv"):
        write_example(tmp_path)


@pytest.mark.parametrize("below", ["", "example", "a/b"])
def test_a_file_where_a_folder_should_be_is_named(tmp_path, below):
    plant(tmp_path, "taken")
    with pytest.raises(InputError, match="taken"):
        write_example(tmp_path / "taken" / below)
    assert contents(tmp_path) == {"taken": b"mine\n"}


def test_a_dangling_link_is_refused(tmp_path):
    (tmp_path / "example").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError):
        write_example(tmp_path / "example")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("schools", [0, -1, 401])
def test_numbers_of_schools_out_of_range_write_nothing(tmp_path, schools):
    with pytest.raises(InputError, match="from 1 to 400"):
        write_example(tmp_path / "example", schools=schools)
    assert not (tmp_path / "example").exists()


def test_a_relative_folder_and_an_empty_one_with_empty_parts_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("example/observations").mkdir(parents=True)
    write_example(Path("example"))
    assert digest(tmp_path / "example") == DIGEST
