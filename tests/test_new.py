"""A new workspace: what it holds, what it never touches, and how schools, measures and rows come into it."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdsa import params as forms
from pdsa import publish
from pdsa.content.library import library
from pdsa.errors import InputError, ParamsError
from pdsa.records import Measure, School
from pdsa.terms import OBSERVATION_COLUMNS
from pdsa.texts import unguarded
from pdsa.workspace import load, open_workspace
from pdsa.workspace.append import Added, add_measures, add_schools
from pdsa.workspace.files import form, sheet
from pdsa.workspace.review import review
from pdsa.workspace.rows import observations_csv, read_observations, write_observations
from pdsa.workspace.start import new_workspace, short_name

FILES = [
    *(".gitignore", "README.txt", "annotations.csv", "imports/.gitkeep", "mappings/.gitkeep", "measures.csv"),
    *("network.yaml", "observations/.gitkeep", "params/report.yaml", "private/.gitkeep", "schools.csv"),
]
ZEAL = Measure("zeal", "Zeal", "outcome", "proportion", "%", "up", "week", "Zeal, as counted", per=100)


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def pdsa(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pdsa", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


class TestNew:
    def test_files_of_a_new_workspace(self, tmp_path: Path) -> None:
        written = new_workspace(tmp_path / "net", name="Lincoln County: 9th grade", measures=["attendance", "gpa"])
        assert listed(tmp_path / "net") == FILES
        assert sorted(path.relative_to(tmp_path / "net").as_posix() for path in written) == FILES
        assert written[-1].name == "network.yaml"
        assert listed(tmp_path) == [f"net/{name}" for name in FILES]

    def test_every_file_is_read_by_its_own_form(self, tmp_path: Path) -> None:
        folder = tmp_path / "net"
        new_workspace(folder, name='A "quoted" name: yes', measures=["attendance", "gpa"])
        network = form(forms.NetworkModel, folder / "network.yaml").record()
        assert (network.id, network.name, network.min_n) == ("a-quoted-name-yes", 'A "quoted" name: yes', 10)
        params = form(forms.ParamsModel, folder / "params" / "report.yaml").record()
        assert (params.name, params.workspace, params.audiences) == (
            *("a-quoted-name-yes", ".."),
            ("team", "coach", "district"),
        )
        known = {one.id: one.measure() for one in library()}
        made = [one.record() for one in sheet(forms.MeasureModel, folder / "measures.csv", "id")]
        assert made == [known["attendance"], known["gpa"]]
        assert sheet(forms.SchoolModel, folder / "schools.csv", "id") == ()
        assert sheet(forms.AnnotationModel, folder / "annotations.csv") == ()
        assert (folder / ".gitignore").read_text().splitlines()[1:] == ["private/", "pdsa.sqlite*", "outputs/"]

    def test_all_measures_of_the_library_can_be_declared(self, tmp_path: Path) -> None:
        new_workspace(tmp_path / "net", measures=[one.id for one in library()])
        made = [one.record() for one in sheet(forms.MeasureModel, tmp_path / "net" / "measures.csv", "id")]
        assert made == [one.measure() for one in library()]

    def test_remarks_that_lose_their_sign_are_valid(self, tmp_path: Path) -> None:
        folder = tmp_path / "net"
        new_workspace(folder)
        for name, model in (("network.yaml", forms.NetworkModel), ("params/report.yaml", forms.ParamsModel)):
            text = (folder / name).read_text()
            keys = ("# calendar:", "#   closures:", "#     - {", "# as_of:", "# chart:", "#   baseline:")
            lines = [line[2:] if line.startswith(keys) else line for line in text.splitlines()]
            (folder / name).write_text("\n".join(lines))
            assert form(model, folder / name).record()
        assert len(form(forms.NetworkModel, folder / "network.yaml").record().calendar.closures) == 2

    @pytest.mark.parametrize(
        ("title", "short"),
        [
            ("Lincoln", "lincoln"),
            ("  Réseau  Saint-Éloi (9th)", "reseau-saint-eloi-9th"),
            ("北京", "network"),
            ("no", "no"),
            ("x" * 90, "x" * 40),
        ],
    )
    def test_short_names(self, title: str, short: str) -> None:
        assert short_name(title) == short

    @pytest.mark.parametrize("name", ["notes.txt", ".hidden", "network.yaml", "sub/one.csv"])
    def test_a_folder_that_holds_anything_is_left_alone(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
        with pytest.raises(InputError) as caught:
            new_workspace(tmp_path)
        assert str(caught.value.problems[0]) == (
            f"the folder: found {name.split('/')[0]}, expected a new or an empty folder."
        )
        assert listed(tmp_path) == [name]
        assert path.read_text() == "mine"

    def test_a_file_of_that_name_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "net").write_text("mine")
        with pytest.raises(InputError, match="a file of this name"):
            new_workspace(tmp_path / "net")
        assert (tmp_path / "net").read_text() == "mine"

    def test_an_empty_folder_and_one_under_version_control_are_filled(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "HEAD").write_text("ref")
        inode = tmp_path.stat().st_ino
        new_workspace(tmp_path)
        assert listed(tmp_path) == sorted([".git/HEAD", *FILES])
        assert tmp_path.stat().st_ino == inode

    def test_an_unknown_measure_is_told_with_the_nearest_and_nothing_is_written(self, tmp_path: Path) -> None:
        with pytest.raises(ParamsError) as caught:
            new_workspace(tmp_path / "net", measures=["attendence", "gpa", "zeal"])
        assert [problem.found for problem in caught.value.problems] == ["'attendence'", "'zeal'"]
        assert caught.value.problems[0].expected.startswith("attendance perhaps?")
        assert listed(tmp_path) == []

    def test_a_full_disk_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Fail at each write in turn: no workspace is there, and no part of one."""
        real, count = publish.disk.write, len(FILES) + 1
        for at in range(count):
            left = [at]

            def full(path: Path, data: bytes, left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise OSError(28, "No space left on device")
                real(path, data)

            monkeypatch.setattr(publish.disk, "write", full)
            with pytest.raises(OSError, match="No space"):
                new_workspace(tmp_path / "net", measures=["gpa"])
            assert list(tmp_path.iterdir()) == []
        monkeypatch.setattr(publish.disk, "write", real)
        assert new_workspace(tmp_path / "net", measures=["gpa"])

    def test_the_command(self, tmp_path: Path) -> None:
        answer = pdsa("new", "net", "--name", "Lincoln", "--measures", "attendance, gpa", cwd=tmp_path)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout.splitlines()[-1] == (
            "Next: pdsa import FILE --into net, or fill the files in; then pdsa check net"
        )
        again = pdsa("new", "net", cwd=tmp_path)
        assert (again.returncode, again.stdout) == (2, "")
        assert "expected a new or an empty folder" in again.stderr
        library_told = pdsa("new", "--list")
        assert library_told.stdout.splitlines()[0] == (
            "kindergarten_readiness: Kindergarten readiness (outcome, %, better is up)"
        )
        assert pdsa("new").returncode == 2

    def test_a_report_of_it_says_what_to_fill_in(self, tmp_path: Path) -> None:
        new_workspace(tmp_path / "net")
        with pytest.raises(InputError) as caught:
            open_workspace(tmp_path / "net")
        assert str(caught.value) == (
            "net: 3 problems found; no report was started.\n"
            "  measures.csv: found no row below the header, expected a measure.\n"
            "  schools.csv: found no row below the header, expected a school.\n"
            "  observations/: found no .csv file, expected a file of observations.\n"
            "  Next: bring a file in with pdsa import FILE --into FOLDER, or fill these in; pdsa check FOLDER says "
            "what is there."
        )

    def test_the_rows_of_its_readme_are_a_report(self, tmp_path: Path) -> None:
        """The two example lines of README.txt, and a school: nothing else is needed."""
        folder = tmp_path / "net"
        new_workspace(folder, measures=["attendance"])
        lines = [line.strip() for line in (folder / "README.txt").read_text().splitlines()]
        at = lines.index("school,measure,period,numerator,denominator")
        (folder / "observations" / "attendance.csv").write_text("\n".join([*lines[at : at + 2], ""]))
        add_schools(folder, [School("0107", "Ash School")])
        assert review(folder).found == ()
        (chart,) = load(folder, school="0107").charts()
        assert chart.points["value"].round(2).tolist() == [91.24]


class TestAppend:
    def test_what_is_there_stays_byte_for_byte(self, tmp_path: Path) -> None:
        path = tmp_path / "schools.csv"
        old = b'\xef\xbb\xbfname,id,remark,district\r\n"Ash, the school",007,"a ""word""",East\r\n'
        path.write_bytes(old)
        added = add_schools(tmp_path, [School("007", "Another name"), School("012", 'Birch "B", new', "West")])
        assert added == Added(("012",))
        assert path.read_bytes() == old + b'"Birch ""B"", new",012,,West\r\n'

    def test_a_missing_end_of_line_is_set_first(self, tmp_path: Path) -> None:
        (tmp_path / "schools.csv").write_bytes(b"id,name\n007,Ash")
        assert add_schools(tmp_path, [School("012", "Birch")]).ids == ("012",)
        assert (tmp_path / "schools.csv").read_bytes() == b"id,name\n007,Ash\n012,Birch\n"

    def test_nothing_new_writes_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "schools.csv"
        path.write_bytes(b"id,name\n007,Ash")
        before = path.stat().st_mtime_ns
        assert add_schools(tmp_path, [School("007", "Ash")]) == Added(())
        assert add_schools(tmp_path, []) == Added(())
        assert (path.read_bytes(), path.stat().st_mtime_ns) == (b"id,name\n007,Ash", before)

    def test_a_sheet_that_is_not_there_is_made(self, tmp_path: Path) -> None:
        two = [School("007", "Ash"), School("012", "Birch", "West", "Robin")]
        assert add_schools(tmp_path, [*two, two[0]]).ids == ("007", "012")
        assert (tmp_path / "schools.csv").read_text() == (
            "id,name,district,pseudonym\n007,Ash,,\n012,Birch,West,Robin\n"
        )

    def test_a_column_that_the_sheet_does_not_have_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "schools.csv").write_text("id,name\n")
        added = add_schools(tmp_path, [School("007", "Ash", "East"), School("012", "Birch")])
        assert added.told == ("schools.csv has no column district: it was left out of 1 new rows",)
        assert (tmp_path / "schools.csv").read_text() == "id,name\n007,Ash\n012,Birch\n"

    def test_ids_that_look_alike_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "schools.csv").write_text("id,name\nAsh,Ash\n")
        with pytest.raises(InputError) as caught:
            add_schools(tmp_path, [School("ash", "Ash"), School("elm", "Elm")])
        assert str(caught.value.problems[0]) == "id: found 'ash', expected one way to write it; elsewhere it is 'Ash'."
        with pytest.raises(InputError, match="elsewhere it is 'Elm'"):
            add_schools(tmp_path, [School("Elm", "Elm"), School("elm ", "Elm")])
        assert (tmp_path / "schools.csv").read_text() == "id,name\nAsh,Ash\n"

    @pytest.mark.parametrize("text", ["name\nAsh\n", 'id,name\n"007,Ash\n', "id,name\n007,Ash,East\n", ""])
    def test_a_broken_sheet_is_left_as_it_is(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "schools.csv").write_text(text)
        with pytest.raises(InputError):
            add_schools(tmp_path, [School("012", "Birch")])
        assert (tmp_path / "schools.csv").read_text() == text

    def test_measures_read_as_they_were(self, tmp_path: Path) -> None:
        several = (
            replace(ZEAL, target=0.85, baseline=(date(2024, 9, 1), date(2025, 6, 30)), min_denominator=20),
            replace(
                ZEAL, id="wait", data_type="continuous", per=1, unit="minutes", baseline=12, chart="i", estimated=True
            ),
            replace(ZEAL, id="half", per=0.5, target=0.123456789012345),
        )
        add_measures(tmp_path, several[:1])
        add_measures(tmp_path, several)
        assert tuple(one.record() for one in sheet(forms.MeasureModel, tmp_path / "measures.csv", "id")) == several

    def test_a_measure_is_not_charted_otherwise_for_want_of_a_column(self, tmp_path: Path) -> None:
        head = "id,name,type,data_type,unit,direction,frequency,definition\n"
        (tmp_path / "measures.csv").write_text(head)
        with pytest.raises(InputError) as caught:
            add_measures(tmp_path, [ZEAL])
        assert str(caught.value.problems[0]) == (
            "header: found no column per, expected this column: without it a new row would be charted otherwise."
        )
        assert (tmp_path / "measures.csv").read_text() == head
        assert add_measures(tmp_path, [replace(ZEAL, per=1, numerator_def="n")]).told == (
            "measures.csv has no column numerator_def: it was left out of 1 new rows",
        )


def observations(rows: int = 3, **columns: list[object]) -> pd.DataFrame:
    plain: dict[str, list[object]] = {
        "school": ["007"] * rows,
        "measure": ["zeal"] * rows,
        "period": list(pd.date_range("2025-09-01", periods=rows, freq="7D")),
        "value": [np.nan] * rows,
        "numerator": [20.0] * rows,
        "denominator": [40.0] * rows,
        "group_dim": [""] * rows,
        "group": [""] * rows,
        "status": ["reported"] * rows,
        "source": ["days.xlsx!Data"] * rows,
        "row": list(range(5, 5 + rows)),
    }
    frame = pd.DataFrame(plain | columns)
    return frame.astype(
        {"period": "datetime64[us]", "row": np.int64} | dict.fromkeys(["value", "numerator", "denominator"], float)
    )


def read_back(folder: Path, frame: pd.DataFrame) -> pd.DataFrame:
    path = write_observations(folder, "days", frame)
    found, notes = read_observations([path], (ZEAL, replace(ZEAL, id="wait", data_type="continuous")), None)
    assert [(note.source, note.rows) for note in notes] == [("days.csv", len(frame))]
    return found


class TestObservations:
    def test_the_file(self, tmp_path: Path) -> None:
        frame = observations(
            value=[np.nan, 0.95, 1e-7],
            numerator=[20.0, np.nan, np.nan],
            denominator=[40.0, 40.0, np.nan],
            status=["reported", "top_coded", "reported"],
            group=["", 'a "b", c', ""],
        )
        assert write_observations(tmp_path, "days", frame) == tmp_path / "observations" / "days.csv"
        assert (tmp_path / "observations" / "days.csv").read_text() == (
            f"{','.join(OBSERVATION_COLUMNS)}\n"
            "007,zeal,2025-09-01,,20,40,,,reported,days.xlsx!Data,5\n"
            '007,zeal,2025-09-08,0.95,,40,,"a ""b"", c",top_coded,days.xlsx!Data,6\n'
            "007,zeal,2025-09-15,0.0000001,,,,,reported,days.xlsx!Data,7\n"
        )

    def test_it_reads_as_it_was(self, tmp_path: Path) -> None:
        frame = observations(
            8,
            measure=["zeal", "zeal", "wait", "zeal", "zeal", "zeal", "zeal", "wait"],
            value=[np.nan, 0.95, -12345.678, 0.1 + 0.2, np.nan, np.nan, np.nan, 1e22],
            numerator=[20.0, np.nan, np.nan, np.nan, np.nan, 0.0, np.nan, np.nan],
            denominator=[40.5, np.nan, np.nan, np.nan, np.nan, 0.0, np.nan, np.nan],
            status=["reported", "top_coded", "reported", "excluded", "missing", "not_applicable", "error", "reported"],
            source=["a,b.csv", "a,b.csv", "c.csv", "c.csv", "", "c.csv", "c.csv", "c.csv"],
        )
        found = read_back(tmp_path, frame)
        expected = frame.assign(source=frame["source"].replace("", "days.csv"))
        assert found.columns.tolist() == list(OBSERVATION_COLUMNS)
        texts = ["school", "measure", "group_dim", "group", "status", "source"]
        pd.testing.assert_frame_equal(
            found.astype(dict.fromkeys(texts, "str")), expected.astype(dict.fromkeys(texts, "str"))
        )

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.text(
                    st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Co", "Cn")),
                    min_size=1,
                    max_size=6,
                ),
                st.floats(-1e12, 1e12, allow_subnormal=False)
                | st.sampled_from([0.1, 1e-5, 1e15, 123456789.125, 5e-324]),
            ),
            min_size=1,
            max_size=30,
        )
    )
    def test_any_texts_and_numbers_read_as_they_were(self, cells: list[tuple[str, float]]) -> None:
        groups = [text for text, _ in cells]
        frame = observations(
            len(cells),
            measure=["wait"] * len(cells),
            value=[number for _, number in cells],
            numerator=[np.nan] * len(cells),
            denominator=[np.nan] * len(cells),
            group_dim=["x"] * len(cells),
            group=groups,
        )
        from io import BytesIO

        found = pd.read_csv(BytesIO(observations_csv(frame)), dtype="str", keep_default_na=False)
        assert [unguarded(text) for text in found["group"]] == groups
        assert [float(text) for text in found["value"]] == frame["value"].tolist()
        assert not found["value"].str.contains("e", regex=False).any()

    def test_an_empty_frame_is_a_header(self, tmp_path: Path) -> None:
        path = write_observations(tmp_path, "days", observations(0))
        assert path.read_text() == f"{','.join(OBSERVATION_COLUMNS)}\n"
        assert len(read_observations([path], (ZEAL,), None)[0]) == 0

    def test_names_are_safe(self, tmp_path: Path) -> None:
        assert write_observations(tmp_path, "../x", observations()).parent == tmp_path / "observations"

    def test_problems_name_the_file_of_the_workspace_and_its_row(self, tmp_path: Path) -> None:
        frame = observations(status=["reported", "missing", "reported"], value=[np.nan, 0.5, np.nan])
        path = write_observations(tmp_path, "days", frame.assign(row=[900, 901, 902]))
        text = path.read_text().replace("days.xlsx!Data,902", "days.xlsx!Data,x").replace(",900", ",")
        path.write_text(text)
        with pytest.raises(InputError) as caught:
            read_observations([path], (ZEAL,), None)
        assert [str(problem) for problem in caught.value.problems] == [
            "days.csv, row 3, status: found missing on a row that has a value, expected no value on this row, or "
            "another status.",
            "days.csv, row 4, row: found 'x', expected a row number such as 14, or a blank cell.",
        ]

    def test_provenance_may_be_blank_or_absent(self, tmp_path: Path) -> None:
        path = tmp_path / "hand.csv"
        path.write_text(
            "school,measure,period,value,row,source\n007,zeal,2025-09-01,0.5,,\n007,zeal,2025-09-08,0.5,7,b.csv\n"
        )
        found, _ = read_observations([path], (ZEAL,), None)
        assert found[["source", "row"]].astype(str).to_numpy().tolist() == [["hand.csv", "2"], ["b.csv", "7"]]

    def test_two_files_that_report_the_same(self, tmp_path: Path) -> None:
        one, two = (write_observations(tmp_path, name, observations(1)) for name in ("one", "two"))
        with pytest.raises(InputError) as caught:
            read_observations([one, two], (ZEAL,), None)
        assert [problem.place for problem in caught.value.problems] == ["one.csv, row 2", "two.csv, row 2"]

    def test_a_million_rows_are_written_in_little_more_than_a_second(self) -> None:
        rng, n = np.random.default_rng(1), 1_000_000
        below = rng.integers(20, 900, n).astype(float)
        days = pd.date_range("2016-01-01", periods=1000).astype("datetime64[us]")
        texts = {name: pd.Categorical([""] * n) for name in ("group_dim", "group")}
        frame = pd.DataFrame(
            {
                "school": pd.Categorical.from_codes(rng.integers(0, 1000, n), [f"{k:05d}" for k in range(1000)]),
                "measure": pd.Categorical(["zeal"] * n),
                "period": days[rng.integers(0, 1000, n)],
                "value": np.nan,
                "numerator": np.floor(below * rng.random(n)),
                "denominator": below,
                **texts,
                "status": pd.Categorical(["reported"] * n),
                "source": pd.Categorical(["days.csv"] * n),
                "row": np.arange(2, n + 2),
            }
        )
        started = time.process_time()
        data = observations_csv(frame)
        taken = time.process_time() - started
        assert data.count(b"\n") == n + 1
        # 0.7 s where it is alone on the machine
        assert taken < 4
