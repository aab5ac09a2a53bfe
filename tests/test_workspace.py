"""Files to dossiers: what each audience holds, what a release may be, and every mistake named with its place."""

from __future__ import annotations

import io
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pdsa import figures, workspace
from pdsa.errors import InputError, ParamsError
from pdsa.privacy import Release
from pdsa.records import Annotation, School
from pdsa.workspace import Dossier, Workspace, dossier_for, load, open_workspace, pack
from pdsa.workspace.dossier import Header
from pdsa.workspace.packing import VALUES, unpack

MONDAY = date(2025, 9, 1)
SCHOOLS = {
    "007": ("Ash School", "East", "Robin"),
    "012": ("Birch School", "West", "Wren"),
    "no": ("Elm School", "East", "Owl"),
}
MEASURES = """\
id,name,type,data_type,unit,direction,frequency,definition,numerator_def,denominator_def,per,target,chart,baseline
zeal,Zeal,outcome,proportion,%,up,week,Zeal,zealous,students,100,0.8,auto,12
minutes,Minutes lost,balancing,continuous,minutes,down,week,Minutes,,,1,,i,12
"""
NETWORK = "id: mini\nname: Mini network\nmin_n: 10\ncontact: hub@example.org\n"
PARAMS = "schema: 1\nname: mini\nworkspace: ..\n"


def weeks(n: int) -> list[str]:
    return [f"{MONDAY + timedelta(weeks=k)}" for k in range(n)]


def rows_of(school: str, measure: str, n: int = 24, small: bool = False) -> list[str]:
    """Rows of one series; every school has its own values, so that a mix-up shows."""
    salt = sum(map(ord, school))
    if measure == "minutes":
        return [f"{school},minutes,{day},{20 + (salt * (k + 3)) % 11}" for k, day in enumerate(weeks(n))]
    whole = 8 if small else 40 + salt % 7
    return [f"{school},zeal,{day},{whole // 2 + (salt + 5 * k) % 4},{whole}" for k, day in enumerate(weeks(n))]


def write_mini(
    folder: Path, schools: Mapping[str, tuple[str, str, str]] = SCHOOLS, silent: tuple[str, ...] = ()
) -> Path:
    """A network of a few schools, two measures and 24 weeks."""
    for below in ("params", "observations"):
        (folder / below).mkdir(parents=True, exist_ok=True)
    (folder / "network.yaml").write_text(NETWORK)
    (folder / "measures.csv").write_text(MEASURES)
    lines = [f"{one},{','.join(rest)}" for one, rest in schools.items()]
    (folder / "schools.csv").write_text("\n".join(["id,name,district,pseudonym", *lines, ""]))
    (folder / "params" / "mini.yaml").write_text(PARAMS)
    speaking = [one for one in schools if one not in silent]
    for name, columns in (
        ("zeal", "school,measure,period,numerator,denominator"),
        ("minutes", "school,measure,period,value"),
    ):
        body = [row for one in speaking for row in rows_of(one, name, small=one == "no")]
        (folder / "observations" / f"{name}.csv").write_text("\n".join([columns, *body, ""]))
    return folder


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To read only."""
    return write_mini(tmp_path_factory.mktemp("mini"))


@pytest.fixture
def copy(mini: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(mini, tmp_path / "copy"))


@pytest.fixture(scope="module")
def network(example: Path) -> Workspace:
    return open_workspace(example)


@pytest.fixture(scope="module")
def packed(network: Workspace) -> tuple[Dossier, bytes]:
    dossier = dossier_for(network, "team", "0107")
    return dossier, pack(dossier)


def add(folder: Path, text: str, name: str = "params/mini.yaml") -> Path:
    file = folder / name
    file.write_text(file.read_text() + text if file.is_file() else text)
    return folder


def problems(call: Callable[[], object], kind: type[InputError] = InputError) -> list[str]:
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.consequence in ("no report was started", "nothing was analyzed")
    return [str(problem) for problem in caught.value.problems]


def same(one: Dossier, other: Dossier) -> bool:
    """Every header field and every array equal."""
    if one.header != other.header or list(one.release.panels) != list(other.release.panels):
        return False
    first, second = one.release, other.release
    if (first.audience, first.min_n, first.hidden) != (second.audience, second.min_n, second.hidden):
        return False
    for name, panel in one.release.panels.items():
        twin = other.release.panels[name]
        arrays = [
            np.array_equal(getattr(panel, a), getattr(twin, a), equal_nan=a not in ("ratio",))
            for a in (*VALUES, "offsets", "status", "ratio")
        ]
        if not (
            all(arrays)
            and panel.keys.equals(twin.keys)
            and panel.period.equals(twin.period)
            and panel.step == twin.step
        ):
            return False
    return True


class TestLoad:
    def test_params_file_folder_and_release_give_the_same(self, mini: Path, tmp_path: Path) -> None:
        by_folder = load(mini, school="007")
        by_file = load(str(mini / "params" / "mini.yaml"), school="007", audience="team")
        (tmp_path / "one.npz").write_bytes(pack(by_folder))
        by_release = load(tmp_path / "one.npz", school="007")
        assert same(by_folder, by_file)
        assert same(by_folder, by_release)
        assert by_folder.school_name == "Ash School"
        assert by_folder.through == "2026-02-09"
        assert by_folder.header.sources == (
            *("mini.yaml", "network.yaml", "measures.csv", "schools.csv"),
            *("observations/minutes.csv", "observations/zeal.csv"),
        )

    def test_ids_that_yaml_and_spreadsheets_spoil_stay_text(self, mini: Path) -> None:
        assert [school.id for school in open_workspace(mini).schools] == ["007", "012", "no"]

    @pytest.mark.parametrize(
        ("wrong", "nearest"), [("07", "007"), ("7", "007"), ("12", "012"), ("No", "no"), ("n0", "no")]
    )
    def test_a_misspelled_school_names_the_nearest(self, mini: Path, wrong: str, nearest: str) -> None:
        found = problems(lambda: load(mini, school=wrong), ParamsError)
        assert found == [f"school: found '{wrong}', expected {nearest} perhaps? Known: 007, 012, no."]

    def test_an_unknown_school_lists_those_there_are(self, mini: Path) -> None:
        assert problems(lambda: load(mini, school="Washington")) == [
            "school: found 'Washington', expected one of: 007, 012, no."
        ]

    @pytest.mark.parametrize(
        ("school", "audience", "problem"),
        [
            ("", "team", "audience: found team, expected a school: a complete view is for its own team only."),
            ("", "public", "audience: found 'public', expected one of: team, coach, district, network."),
            (
                "",
                "coaches",
                "audience: found 'coaches', expected coach perhaps? Known: team, coach, district, network.",
            ),
            (
                "007",
                "network",
                "school: found '007', expected no school: the audience network sees all under pseudonyms.",
            ),
        ],
    )
    def test_requests_that_no_audience_may_make(self, mini: Path, school: str, audience: str, problem: str) -> None:
        assert problems(lambda: load(mini, school=school, audience=audience)) == [problem]  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("school", "audience"), [("012", "team"), ("007", "district"), ("", "coach"), ("", "network")]
    )
    def test_a_release_of_another_school_or_audience_is_refused(
        self, mini: Path, tmp_path: Path, school: str, audience: str
    ) -> None:
        (tmp_path / "one.npz").write_bytes(pack(load(mini, school="007")))
        found = problems(lambda: load(tmp_path / "one.npz", school=school, audience=audience), ParamsError)  # type: ignore[arg-type]
        assert found == [
            f"parameters: found school {school or 'none'} for audience {audience}, "
            "expected school 007 for audience team, which this release holds."
        ]

    def test_a_source_that_is_not_there(self, tmp_path: Path) -> None:
        assert problems(lambda: load(tmp_path / "x.npz")) == [
            f"the file: found nothing at {tmp_path / 'x.npz'}, expected a release."
        ]
        assert problems(lambda: load(tmp_path / "x.yaml")) == ["the path: found nothing there, expected a params file."]
        assert problems(lambda: load(tmp_path)) == ["the path: found 0 files in params/, expected a params file."]

    def test_two_params_files_are_named(self, copy: Path) -> None:
        add(copy, PARAMS, "params/all.yaml")
        assert problems(lambda: load(copy, school="007")) == [
            "the path: found 2 files in params/, expected the path of one of them: all.yaml, mini.yaml."
        ]


class TestReleases:
    @pytest.mark.parametrize("audience", ["team", "coach", "district", "network"])
    def test_what_is_packed_is_unpacked(self, network: Workspace, audience: str) -> None:
        schools = [""] if audience in ("coach", "network") else [s.id for s in network.schools]
        for school in schools:
            dossier = dossier_for(network, audience, school)  # type: ignore[arg-type]
            data = pack(dossier)
            assert data == pack(dossier)
            again = unpack(data, "x.npz")
            assert same(dossier, again)
            assert len(again.release.panels) == 4

    def test_charts_of_a_release_are_those_of_the_dossier(self, network: Workspace) -> None:
        dossier = dossier_for(network, "district", network.schools[0].id)
        again = unpack(pack(dossier), "x.npz")
        for one, other in zip(dossier.charts(), again.charts(), strict=True):
            pd.testing.assert_frame_equal(one.points, other.points)
            pd.testing.assert_frame_equal(one.summary, other.summary)
            assert one.spec == other.spec

    def damaged(self, data: bytes) -> Iterator[bytes]:
        rng = random.Random(20260101)
        ends = [i for i in range(len(data) - 4) if data[i : i + 2] == b"PK"]
        for turn in range(220):
            if turn % 4 == 0:
                yield data[: rng.randrange(len(data))]
                continue
            # half of the flips hit the directory and the heads of members, where a reader is led astray
            at = min(rng.choice(ends) + rng.randrange(60), len(data) - 1) if turn % 2 else rng.randrange(len(data))
            spoiled = bytearray(data)
            spoiled[at] ^= 1 << rng.randrange(8)
            yield bytes(spoiled)

    def test_damage_is_refused_or_harmless(self, mini: Path) -> None:
        dossier = load(mini, school="007")
        data, refused = pack(dossier), 0
        for spoiled in self.damaged(data):
            try:
                found = unpack(spoiled, "x.npz")
            except ParamsError as error:
                refused += 1
                (problem,) = error.problems
                assert problem.found.startswith("damage or foreign content (")
                assert problem.expected == "a release made by pdsa report"
            else:
                assert same(found, dossier)
        assert refused > 120  # the rest hit dates and flags that nothing is read from

    def forged(self, dossier: Dossier, **changes: object) -> bytes:
        """A well-formed archive whose arrays were replaced."""
        with np.load(io.BytesIO(pack(dossier))) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        buffer = io.BytesIO()
        np.savez(buffer, **(found | changes))  # type: ignore[arg-type]
        return buffer.getvalue()

    def series(self, *changed: Mapping[str, object], like: Dossier) -> dict[str, object]:
        """The four series of a school's dossier, the first of them changed."""
        panels = [like.release.panels[one.id] for one in like.header.measures]
        plain = [{"school": ["0107"], "points": [len(one.value)], "ratio": [bool(one.ratio[0])]} for one in panels]
        found = [{**one, **change} for one, change in zip(plain, (*changed, {}, {}, {}), strict=False)]
        return {"series": np.frombuffer(json.dumps(found).encode(), dtype=np.uint8)}

    def test_forged_series_are_refused(self, packed: tuple[Dossier, bytes]) -> None:
        dossier, data = packed
        assert self.forged(dossier, **self.series({}, like=dossier)) == data
        n = len(dossier.release.panels["on_track"].value)
        for change in (
            {"school": ["0114"]},
            {"school": ["0107", "0107"]},
            {"school": [None]},
            {"school": "0107"},
            {"points": [n - 1]},
            {"points": [n, 0]},
            {"points": [n + 1, -1], "school": ["0107"] * 2, "ratio": [True] * 2},
            {"points": [float(n)]},
            {"points": [True]},
            {"points": n},
            {"ratio": [2.5]},
            {"ratio": []},
        ):
            with pytest.raises(ParamsError, match="damage or foreign content"):
                unpack(self.forged(dossier, **self.series(change, like=dossier)), "x.npz")

    def test_forged_arrays_are_refused(self, network: Workspace, packed: tuple[Dossier, bytes]) -> None:
        dossier, _ = packed
        n = sum(len(panel.value) for panel in dossier.release.panels.values())
        other = np.frombuffer(pack(dossier_for(network, "team", "0114")), dtype=np.uint8)
        for changes in (
            {"numbers": np.zeros((6, n - 1))},
            {"numbers": np.zeros((5, n))},
            {"numbers": np.zeros(6 * n)},
            {"numbers": np.zeros((6, n), dtype=np.float32)},
            {"numbers": np.full((6, n), 9.0)},
            {"numbers": np.full((6, n), 0.5)},
            {"numbers": np.full((6, n), np.nan)},
            {"numbers": np.array([["x"] * n] * 6)},
            {"numbers": np.vstack([np.zeros((5, n)), np.full(n, 0.5)])},
            {"numbers": np.vstack([np.zeros((5, n)), np.full(n, 1e300)])},
            {"series": np.array([1, 2, 3], dtype=np.uint8)},
            {"series": np.frombuffer(b"[]", dtype=np.uint8)},
            {"series": np.frombuffer(b"[1, 2, 3, 4]", dtype=np.uint8)},
            {"header": np.array([1, 2, 3], dtype=np.uint8)},
            {"header": np.frombuffer(b'{"school": "0107"}', dtype=np.uint8)},
            {"header": other},
        ):
            with pytest.raises(ParamsError, match="damage or foreign content"):
                unpack(self.forged(dossier, **changes), "x.npz")

    def test_pickled_objects_are_refused_and_never_run(self, packed: tuple[Dossier, bytes], tmp_path: Path) -> None:
        class Bomb:
            def __reduce__(self) -> tuple[object, tuple[str]]:
                return Path.touch, (str(tmp_path / "PWNED"),)

        class Quiet:
            def __reduce__(self) -> tuple[object, tuple[str, int]]:
                return Path.write_text, (tmp_path / "PWNED", "x")  # type: ignore[return-value]

        for thing in (Bomb(), Quiet()):
            for name in ("header", "numbers", "series"):
                data = self.forged(packed[0], **{name: np.array([thing], dtype=object)})
                with pytest.raises(ParamsError, match="Object arrays cannot be loaded"):
                    unpack(data, "x.npz")
        assert list(tmp_path.iterdir()) == []

    def test_foreign_files_are_refused(self, packed: tuple[Dossier, bytes]) -> None:
        npy, archive, empty = io.BytesIO(), io.BytesIO(), io.BytesIO()
        np.save(npy, np.arange(3))
        with zipfile.ZipFile(archive, "w") as target:
            target.writestr("header.npy", "no array")
        zipfile.ZipFile(empty, "w").close()
        texts = (b"", b"PK", b"school,measure\n", b"\x80\x04K\x01.", b"\x93NUMPY\x01\x00")
        for data in (*texts, npy.getvalue(), archive.getvalue(), empty.getvalue(), b"x" + packed[1]):
            with pytest.raises(ParamsError, match="expected a release made by pdsa report"):
                unpack(data, "x.npz")


def secrets_in(data: bytes, words: list[str]) -> list[str]:
    """Words that stand in the bytes as UTF-8, or as numpy and XML editors write text."""
    return [word for word in words if any(word.encode(code) in data for code in ("utf-8", "utf-16-le", "utf-32-le"))]


def strings_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from (str(name), *strings_of(one))
    elif isinstance(value, list):
        for one in value:
            yield from strings_of(one)


class TestAudiences:
    def test_the_network_sees_pseudonyms_and_nothing_else(self, network: Workspace) -> None:
        dossier = dossier_for(network, "network")
        data = pack(dossier)
        words = [word for school in network.schools for word in (school.name, school.district)]
        ids = [school.id for school in network.schools]
        assert len(set(words)) == 26
        assert secrets_in(data, words) == []
        assert secrets_in(data, ids) == []
        with np.load(io.BytesIO(data)) as arrays:
            header = json.loads(arrays["header"].tobytes())
            texts = [
                *strings_of(header),
                *strings_of(json.loads(arrays["series"].tobytes())),
            ]
        assert not [text for text in texts if any(word.casefold() in text.casefold() for word in (*words, *ids))]
        assert {school.pseudonym for school in network.schools} == set(dossier.names) == set(dossier.names.values())
        assert dossier.header.sources == ("10 files of the network",)
        assert all(not note.school for note in dossier.header.annotations)
        assert dossier.links == {}

    def test_its_order_is_that_of_the_pseudonyms(self, network: Workspace) -> None:
        dossier = dossier_for(network, "network")
        names = [school.name for school in dossier.header.schools]
        assert names == sorted(names)
        for panel in dossier.release.panels.values():
            ids = panel.keys["school"].tolist()
            assert ids == sorted(ids)

    def test_its_numbers_are_the_right_schools(self, network: Workspace) -> None:
        school = network.schools[0]
        mine = dossier_for(network, "district", school.id).charts()[0].points["value"]
        theirs = dossier_for(network, "network").charts()[0].only(school=school.pseudonym).points["value"]
        assert mine.dropna().tolist() == theirs.dropna().tolist()

    def test_files_and_page_of_the_network_hold_no_name(self, network: Workspace) -> None:
        dossier = dossier_for(network, "network")
        charts = dossier.charts()
        page = figures.matrix(charts, names=dossier.names, links=dossier.links).html
        page += figures.sheets(charts, names=dossier.names, links=dossier.links).html
        page += repr(dossier.footnotes(charts)) + repr(dossier.facts())
        page += workspace.points_file(charts).data["text"] + workspace.summary_file(charts).data["text"]  # type: ignore[operator]
        words = [word for school in network.schools for word in (school.name, school.district)]
        assert secrets_in(page.encode(), words) == []
        assert workspace.complete(dossier, charts).data["id"] == "example"

    def test_a_file_named_for_a_school_stays_unnamed(self, copy: Path) -> None:
        (copy / "observations" / "zeal.csv").rename(copy / "observations" / "Ash School 007.csv")
        loaded = open_workspace(copy)
        assert secrets_in(pack(dossier_for(loaded, "network")), ["Ash School"]) == []
        assert "observations/Ash School 007.csv" in dossier_for(loaded, "coach").header.sources

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"no": ("Elm School", "East", "")}, "1 of 3 schools have no pseudonym in schools.csv"),
            ({"no": ("Elm School", "East", "ROBIN")}, "two schools share a pseudonym"),
            ({"no": ("Elm School", "East", "Birch School")}, "a pseudonym is the id or name of a school"),
            ({"no": ("Elm School", "East", "007")}, "a pseudonym is the id or name of a school"),
        ],
    )
    def test_without_good_pseudonyms_there_is_no_network_report(
        self, tmp_path: Path, changes: dict[str, tuple[str, str, str]], reason: str
    ) -> None:
        loaded = open_workspace(write_mini(tmp_path, SCHOOLS | changes))
        assert workspace.no_pseudonyms(loaded) == reason
        found = problems(lambda: dossier_for(loaded, "network"), ParamsError)
        assert found == [f"schools.csv, pseudonym: found {reason}, expected a pseudonym of its own for each school."]

    def test_a_team_holds_its_own_school_only_and_complete(self, network: Workspace) -> None:
        words = [word for school in network.schools for word in (school.name, school.pseudonym)]
        for school in network.schools:
            dossier = dossier_for(network, "team", school.id)
            assert dossier.header.schools == (School(school.id, school.name, school.district),)
            assert all(panel.keys["school"].isin([school.id]).all() for panel in dossier.release.panels.values())
            assert {note.school for note in dossier.header.annotations} <= {"", school.id}
            assert dossier.header.hidden == 0
            others = [word for word in words if word != school.name]
            assert secrets_in(pack(dossier), others) == []

    def test_links_lead_to_the_districts_pages(self, mini: Path, copy: Path) -> None:
        """A coach has no pages of schools of its own; a network under pseudonyms has none at all."""
        loaded = open_workspace(mini)
        assert list(dossier_for(loaded, "district").links) == ["007", "012", "no"]
        assert dossier_for(loaded, "district").links["007"].startswith("schools/007")
        for school, link in dossier_for(loaded, "coach").links.items():
            assert link == f"../district/{dossier_for(loaded, 'district').links[school]}"
        assert dossier_for(loaded, "network").links == {}
        add(copy, "audiences: [team, coach]\n")
        assert dossier_for(open_workspace(copy), "coach").links == {}

    def test_a_districts_page_of_a_school_has_no_remarks_of_others(self, network: Workspace) -> None:
        with_own = 0
        for school in network.schools:
            notes = dossier_for(network, "district", school.id).header.annotations
            assert {note.school for note in notes} <= {"", school.id}
            with_own += any(note.school == school.id for note in notes)
        assert with_own > 10
        assert {note.school for note in dossier_for(network, "district").header.annotations} == {""}

    def test_small_numbers_are_hidden_but_for_the_team(self, mini: Path) -> None:
        loaded = open_workspace(mini)
        team = dossier_for(loaded, "team", "no")
        district = dossier_for(loaded, "district", "no")
        assert team.release.policy == "complete: nothing is hidden"
        assert np.isfinite(team.release.panels["zeal"].value).all()
        assert district.header.hidden == 24
        panel = district.release.panels["zeal"]
        for name in ("value", "numerator", "denominator", "people"):
            assert np.isnan(getattr(panel, name)).all()
        assert np.isfinite(district.release.panels["minutes"].value).all()
        assert dossier_for(loaded, "coach").header.hidden == 24
        assert np.isfinite(loaded.panels["zeal"].value).all()

    def test_the_released_total_is_a_sum_of_what_is_shown(self, mini: Path) -> None:
        loaded = open_workspace(mini)
        (zeal, minutes) = dossier_for(loaded, "coach").totals()
        seven, twelve = (load(mini, school=one).release.panels["zeal"] for one in ("007", "012"))
        shown = 100 * (seven.numerator + twelve.numerator) / (seven.denominator + twelve.denominator)
        assert zeal.points["value"].to_numpy() == pytest.approx(shown)
        assert zeal.points["school"].unique().tolist() == ["Mini network"]
        every = np.mean([load(mini, school=one).release.panels["minutes"].value for one in SCHOOLS], axis=0)
        assert minutes.points["value"].to_numpy() == pytest.approx(every)


class TestSettings:
    def specs(self, folder: Path, text: str) -> dict[tuple[str, str], object]:
        loaded = open_workspace(add(folder, text))
        return {(m, s): spec for m, s, spec in dossier_for(loaded, "coach").header.specs}

    def test_measure_chart_measure_and_school_settings_apply_in_this_order(self, copy: Path) -> None:
        specs = self.specs(
            copy,
            "chart: {recent: 4, kind: run, baseline: 10}\nper_measure: {zeal: {recent: 8, target: 0.9}}\n"
            "per_school: {'007': {zeal: {recent: 9, kind: p}}}\n",
        )
        general, own, other = specs["zeal", ""], specs["zeal", "007"], specs["minutes", ""]
        assert [(s.recent, s.kind, s.baseline, s.target) for s in (general, own, other)] == [  # type: ignore[attr-defined]
            (8, "run", 10, 90.0),
            (9, "p", 10, 90.0),
            (4, "run", 10, None),
        ]
        assert {s.limits for s in specs.values()} == {"guarded"}  # type: ignore[attr-defined]
        assert set(specs) == {("zeal", ""), ("zeal", "007"), ("minutes", "")}

    def test_without_settings_the_measure_decides(self, mini: Path) -> None:
        (zeal, minutes) = (spec for _, _, spec in load(mini, school="007").header.specs)
        assert (zeal.kind, zeal.per, zeal.baseline, zeal.target, zeal.better) == ("auto", 100.0, 12, 80.0, "up")
        assert (minutes.kind, minutes.per, minutes.target, minutes.better) == ("i", 1.0, None, "down")
        assert (zeal.limits, zeal.recent, zeal.screen, zeal.data_type) == ("guarded", 6, "off", "proportion")

    def test_a_schools_own_settings_change_that_school_only(self, mini: Path, copy: Path) -> None:
        add(copy, "per_school: {'012': {zeal: {kind: run, baseline: 20}}}\n")
        before, after = open_workspace(mini), open_workspace(copy)
        for school in SCHOOLS:
            one = dossier_for(before, "team", school).charts()
            other = dossier_for(after, "team", school).charts()
            equal = [a.summary.equals(b.summary) and a.points.equals(b.points) for a, b in zip(one, other, strict=True)]
            assert equal == ([False, True] if school == "012" else [True, True])
        one, other = (dossier_for(loaded, "coach").charts() for loaded in (before, after))
        assert one[1].points.equals(other[1].points)
        for school in SCHOOLS:
            unchanged = one[0].only(school=school).points.equals(other[0].only(school=school).points)
            assert unchanged == (school != "012")
        own = dossier_for(after, "team", "012").charts()[0]
        theirs = other[0].only(school="012")
        assert own.summary["kind"].tolist() == theirs.summary["kind"].tolist() == ["run"]
        assert theirs.points["baseline"].sum() == 20
        pd.testing.assert_frame_equal(own.points, theirs.points)

    def test_a_school_alone_is_told_its_own_settings(self, copy: Path) -> None:
        """The target in its sentence and on its chart is its own, not the network's."""
        add(copy, "per_school: {'012': {zeal: {target: 0.2, kind: p, recent: 3}}}\n")
        (chart, _) = load(copy, school="012").charts()
        assert (chart.spec.target, chart.spec.recent) == (20.0, 3)
        assert "target 20.0%" in figures.control_chart(chart).html
        assert load(copy, school="007").charts()[0].spec.target == 80.0

    def test_settings_of_every_school(self, copy: Path) -> None:
        lines = "".join(f"  '{one}': {{zeal: {{recent: {n}}}}}\n" for n, one in enumerate(SCHOOLS, 3))
        add(copy, f"per_school:\n{lines}")
        (zeal, _) = dossier_for(open_workspace(copy), "coach").charts()
        assert zeal.summary["school"].tolist() == ["007", "012", "no"]
        assert len(zeal.status) == len(zeal.points) == 72
        assert zeal.points["school"].tolist() == sorted(zeal.points["school"])

    def test_own_settings_follow_the_school_under_its_pseudonym(self, copy: Path) -> None:
        add(copy, "per_school: {'012': {zeal: {kind: run}}}\n")
        dossier = dossier_for(open_workspace(copy), "network")
        assert {school for _, school, _ in dossier.header.specs} == {"", "Wren"}
        kinds = dossier.charts()[0].summary.set_index("school")["kind"]
        assert kinds["Wren"] == "run"
        assert kinds["Robin"] != "run"

    def test_nothing_after_as_of_is_seen(self, copy: Path) -> None:
        notes = "date,school,measure,label\n2025-10-06,,,early\n2025-12-15,,,late\n2025-12-16,007,,own and late\n"
        add(copy, notes, "annotations.csv")
        assert len(load(copy, school="007").header.annotations) == 3
        add(copy, "as_of: 2025-12-14\n")
        dossier = load(copy, school="007")
        assert dossier.through == "2025-12-08"
        assert dossier.header.as_of == date(2025, 12, 14)
        assert dossier.header.annotations == (Annotation(date(2025, 10, 6), "early"),)
        assert [len(panel.value) for panel in dossier.release.panels.values()] == [15, 15]

    def test_selected_days_hold_for_a_folder_too(self, copy: Path) -> None:
        add(copy, "select: {first_day: 2025-09-15, last_day: 2025-10-06}\n")
        panel = load(copy, school="007").release.panels["zeal"]
        assert panel.period.strftime("%m-%d").tolist() == ["09-15", "09-22", "09-29", "10-06"]

    def test_days_without_data_are_refused(self, copy: Path) -> None:
        add(copy, "select: {first_day: 2030-01-01}\n")
        assert problems(lambda: open_workspace(copy)) == [
            "select: found no row from 2030-01-01 to None, expected days that the data cover."
        ]

    def test_schools_and_districts_are_selected(self, copy: Path) -> None:
        add(copy, "select: {districts: [East]}\n")
        loaded = open_workspace(copy)
        assert [school.id for school in loaded.schools] == ["007", "no"]
        assert [school.id for school in open_workspace(copy, only=["no"]).schools] == ["no"]
        assert problems(lambda: dossier_for(loaded, "team", "012")) == [
            "school: found '012', expected one of: 007, no."
        ]
        assert dossier_for(loaded, "coach").charts()[0].summary["school"].tolist() == ["007", "no"]

    def test_names_that_do_not_exist_are_told_at_once(self, copy: Path) -> None:
        add(
            copy,
            "select: {schools: ['07'], districts: [Est]}\nper_measure: {zea: {recent: 3}}\n"
            "per_school: {'0012': {minuts: {recent: 3}}}\n",
        )
        add(copy, "date,school,measure,label\n2025-10-06,nn,zeel,x\n", "annotations.csv")
        assert problems(lambda: open_workspace(copy, only=["x"]), ParamsError) == [
            "school: found '07', expected 007 perhaps? Known: 007, 012, no.",
            "school: found 'x', expected one of: 007, 012, no.",
            "select.districts: found 'Est', expected East perhaps? Known: East, West.",
            "per_measure: found 'zea', expected zeal perhaps? Known: zeal, minutes.",
            "per_school: found '0012', expected 012 perhaps? Known: 007, 012, no.",
            "per_school, measure: found 'minuts', expected minutes perhaps? Known: zeal, minutes.",
            "annotations.csv, school: found 'nn', expected no perhaps? Known: 007, 012, no.",
            "annotations.csv, measure: found 'zeel', expected zeal perhaps? Known: zeal, minutes.",
        ]


class TestFiles:
    def test_problems_of_several_files_come_together_with_their_rows(self, copy: Path) -> None:
        add(copy, "007,zeal,2026-03-02,50,40\n07,zeal,2026-03-09,1,2\n", "observations/zeal.csv")
        add(copy, "007,minutes,2026-02-30,12\n012,minutes,2026-03-02,12 min\n", "observations/minutes.csv")
        with pytest.raises(InputError) as caught:
            open_workspace(copy)
        assert caught.value.source == "minutes.csv and zeal.csv"
        assert [str(problem) for problem in caught.value.problems] == [
            "minutes.csv, row 74, period: found 2026-02-30, expected a day of the calendar.",
            "minutes.csv, row 75, value: found '12 min', expected a plain number such as 28 or 0.915, "
            "or a blank cell where nothing was reported.",
            "zeal.csv, row 74, numerator: found 50 of 40, expected a numerator no greater than its denominator.",
            "zeal.csv, row 75, school: found 07, expected a school id of this network; the nearest is 007.",
        ]

    def test_a_row_in_two_files_is_told_with_both_places(self, copy: Path) -> None:
        header, first = (copy / "observations" / "zeal.csv").read_text().splitlines()[:2]
        add(copy, f"{header}\n{first}\n", "observations/again.csv")
        assert problems(lambda: open_workspace(copy)) == [
            "again.csv, row 2: found 007, zeal, 2025-09-01 again, expected it once.",
            "zeal.csv, row 2: found 007, zeal, 2025-09-01 again, expected it once.",
        ]

    def test_a_series_may_go_on_in_another_file(self, copy: Path) -> None:
        add(copy, "school,measure,period,numerator,denominator\n007,zeal,2026-02-16,20,41\n", "observations/more.csv")
        assert load(copy, school="007").through == "2026-02-16"

    @pytest.mark.parametrize("name", ["network.yaml", "measures.csv", "schools.csv"])
    def test_a_missing_file_is_named(self, copy: Path, name: str) -> None:
        (copy / name).unlink()
        with pytest.raises(ParamsError, match=name) as caught:
            open_workspace(copy)
        assert caught.value.source == name
        assert str(caught.value.problems[0]) == f"the file: found nothing at {copy / name}, expected a file."

    def test_no_observations(self, copy: Path) -> None:
        shutil.rmtree(copy / "observations")
        assert problems(lambda: open_workspace(copy)) == [
            "observations/: found no .csv file, expected a file of observations."
        ]

    def test_a_params_file_in_another_coding(self, copy: Path) -> None:
        (copy / "params" / "mini.yaml").write_bytes(b"name: \xe9cole\n")
        assert problems(lambda: open_workspace(copy)) == [
            "byte 7: found text that is not UTF-8, expected a file saved as UTF-8."
        ]

    def test_a_byte_order_mark_is_no_trouble(self, copy: Path) -> None:
        (copy / "params" / "mini.yaml").write_bytes(b"\xef\xbb\xbf" + PARAMS.encode())
        assert open_workspace(copy).params.name == "mini"

    def test_measures_name_their_rows(self, copy: Path) -> None:
        zeal = MEASURES.splitlines()[1]
        more = f"{zeal}\n{zeal.replace('zeal,Zeal,outcome', 'b,B,outcom').replace(',12', ',1')}\n"
        add(copy, more, "measures.csv")
        with pytest.raises(ParamsError) as caught:
            open_workspace(copy)
        assert caught.value.source == "measures.csv"
        assert [str(problem) for problem in caught.value.problems] == [
            "row 4, id: found zeal again, expected it once; see row 2.",
            "row 5, type: found 'outcom', expected outcome perhaps? "
            "Known: outcome, primary_driver, secondary_driver, process, balancing.",
            "row 5, baseline: found '1', expected the number of first points (2 or more), "
            "or two dates such as 2013-09-01..2014-06-30.",
        ]

    def test_a_school_twice(self, copy: Path) -> None:
        add(copy, "NO,Other School,West,Finch\n", "schools.csv")
        assert problems(lambda: open_workspace(copy)) == ["row 5, id: found NO again, expected it once; see row 4."]

    def test_the_files_read_are_told_by_hash(self, mini: Path) -> None:
        inputs = dict(open_workspace(mini).inputs)
        assert len(inputs) == 6
        assert all(len(value) == 64 for value in inputs.values())


class TestOddNetworks:
    def test_a_school_that_never_reported(self, tmp_path: Path) -> None:
        loaded = open_workspace(write_mini(tmp_path, silent=("no",)))
        for audience in ("team", "district"):
            dossier = dossier_for(loaded, audience, "no")  # type: ignore[arg-type]
            dossier = unpack(pack(dossier), "x.npz")
            charts = dossier.charts()
            assert [len(chart.summary) for chart in charts] == [0, 0]
            assert repr(dossier.facts()) == (
                "Mini network. Data through no date: nothing was reported. "
                "Without a value: every measure, never reported."
            )
            mark = workspace.complete(dossier, charts)
            assert mark.data["id"] == "no"
            assert mark.data["verdicts"] == {"zeal": "no_data", "minutes": "no_data"}
            assert ">No data yet" in figures.side_by_side(charts).html
            assert workspace.points_file(charts).data["text"].count("\n") == 1  # type: ignore[attr-defined]
        coach = dossier_for(loaded, "coach")
        table = figures.matrix(coach.charts(), names=coach.names, links=coach.links)
        assert table.text.startswith("Where each school stands: 3 schools, 2 measures, by name.")
        assert table.text.endswith("1 no data")
        assert "Elm School, Zeal: no data (0 periods with data)" in table.html

    def test_a_measure_that_nobody_reported(self, copy: Path) -> None:
        (copy / "observations" / "minutes.csv").unlink()
        loaded = open_workspace(copy)
        coach = dossier_for(loaded, "coach")
        assert [len(chart.summary) for chart in coach.charts()] == [3, 0]
        assert [len(chart.points) for chart in coach.totals()] == [24]
        assert repr(coach.chances(coach.charts())).count("\n") == 1
        assert "Minutes lost, never reported" in repr(dossier_for(loaded, "team", "007").facts())

    def test_a_network_of_one_school(self, tmp_path: Path) -> None:
        loaded = open_workspace(write_mini(tmp_path, {"007": SCHOOLS["007"]}))
        for audience in ("coach", "district", "network"):
            dossier = dossier_for(loaded, audience)  # type: ignore[arg-type]
            assert [len(chart.summary) for chart in dossier.charts()] == [1, 1]
            assert dossier.totals() == ()  # one school is no network: nothing stands beside itself
            assert "1 school, 2 measures" in figures.matrix(dossier.charts(), names=dossier.names).text

    def test_hidden_everywhere_is_no_data_on_page_and_index(self, mini: Path) -> None:
        dossier = dossier_for(open_workspace(mini), "district", "no")
        assert workspace.complete(dossier, dossier.charts()).data["verdicts"]["zeal"] == "no_data"  # type: ignore[index]

    def test_the_mark_is_taken_from_the_data(self, mini: Path) -> None:
        """A dossier that holds another school's series cannot pass for the one that was asked for."""
        dossier, other = load(mini, school="007"), load(mini, school="012")
        mixed = Dossier(dossier.header, Release("team", 10, other.release.panels, 0))
        assert workspace.complete(mixed, mixed.charts()).data["id"] == "012"
        assert workspace.complete(dossier, dossier.charts()).data["id"] == "007"

    def test_headers_are_plain_data(self, mini: Path) -> None:
        header = load(mini, school="007").header
        assert isinstance(header, Header)
        with pytest.raises(AttributeError):
            header.school = "012"  # type: ignore[misc]
