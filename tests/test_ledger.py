"""The ledger: every version is kept, any day can be asked for, and no break-down leaves a half-finished import."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pdsa import ledger
from pdsa.errors import InputError
from pdsa.publish import digest
from pdsa.records.entries import Entry, InputFile, LeftOut, TotalNote

OLD, NEW, NEWER = b"school\nold\n", b"school\nnew\n", b"school\nnewer\n"


def entry(day: int = 1, data: bytes = OLD, **more: Any) -> Entry:
    files = (InputFile("days.csv", digest(data), len(data), 1),)
    return Entry("days", date(2025, 10, day), files, "days", "0" * 64, {"read": 1, "stored": 1}, **more)


def kept(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def charted(folder: Path) -> bytes:
    return (folder / "observations/days.csv").read_bytes()


class TestRecord:
    def test_an_import_is_kept_and_charted(self, tmp_path: Path) -> None:
        made = ledger.record(tmp_path, entry(), OLD)
        assert made is not None
        assert made.version.startswith("2025-10-01-")
        assert len(made.version) == len("2025-10-01-") + 8
        stem = f"imports/days/{made.version}"
        assert kept(tmp_path) == [f"{stem}.csv", f"{stem}.json", "observations/days.csv"]
        assert charted(tmp_path) == OLD
        assert (made.sequence, made.sha256) == (1, digest(OLD))
        assert ledger.latest(tmp_path, "days") == made

    def test_everything_comes_back_as_it_was(self, tmp_path: Path) -> None:
        full = entry(
            set_aside=(LeftOut("days.csv", 9, "a total", "31 of 28"),),
            refused=(LeftOut("days.csv", 0, "no header"),),
            duplicates=(LeftOut("days.csv", 4, "the same row twice"),),
            totals=(TotalNote("network: equal", True), TotalNote("north: unknown", None)),
            told=("dates are written 2025-10-13",),
            revision={"added": 1},
            periods={"absent": ("2025-09-29",)},
            verdicts=("a, absent: steady becomes worse",),
            headers=(("absent", "numerator", "Chronic", "2025-09-29", "2025-09-29", "days.csv"),),
        )
        made = ledger.record(tmp_path, full, OLD)
        assert made is not None
        (back,) = ledger.entries(tmp_path)
        assert back == made
        assert replace(back, sequence=0, version="", sha256="", charted_sha256="") == full

    def test_the_same_bytes_again_are_nothing_new(self, tmp_path: Path) -> None:
        ledger.record(tmp_path, entry(1, OLD), OLD)
        ledger.record(tmp_path, entry(2, NEW), NEW)
        before = kept(tmp_path)
        assert ledger.record(tmp_path, entry(3, NEW), NEW) is None
        # an older file again must not take back what a later one revised
        assert ledger.record(tmp_path, entry(3, OLD), OLD) is None
        assert kept(tmp_path) == before
        assert charted(tmp_path) == NEW
        found = ledger.seen(tmp_path, entry(9, OLD))
        assert found is not None
        assert found.as_of == date(2025, 10, 1)
        assert ledger.seen(tmp_path, entry(9, NEWER)) is None

    def test_another_mapping_makes_another_import(self, tmp_path: Path) -> None:
        ledger.record(tmp_path, entry(), OLD)
        made = ledger.record(tmp_path, replace(entry(), mapping_sha256="1" * 64), NEW)
        assert made is not None
        assert made.sequence == 2

    def test_two_imports_of_one_day_are_two_versions(self, tmp_path: Path) -> None:
        one, two = ledger.record(tmp_path, entry(), OLD), ledger.record(tmp_path, entry(1, NEW), OLD)
        assert one is not None
        assert two is not None
        assert one.version != two.version
        assert [e.sequence for e in ledger.entries(tmp_path, "days")] == [1, 2]
        known = ledger.as_of(tmp_path, "days", date(2025, 10, 1))
        assert known == two

    def test_an_earlier_day_is_refused(self, tmp_path: Path) -> None:
        ledger.record(tmp_path, entry(5), OLD)
        with pytest.raises(InputError, match="found 2025-10-04, expected 2025-10-05 or later"):
            ledger.record(tmp_path, entry(4, NEW), NEW)
        with pytest.raises(InputError, match="found 2025-10-04, expected 2025-10-05 or later"):
            ledger.check(tmp_path, entry(4, NEW))
        assert charted(tmp_path) == OLD
        # what stands there already is no refusal, whatever its day, and neither is a later day
        ledger.check(tmp_path, entry(4, OLD))
        ledger.check(tmp_path, entry(6, NEW))

    @pytest.mark.parametrize("name", ["../../x", "a/b", "..", "", "."])
    def test_a_name_that_leads_elsewhere_is_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError):
            ledger.record(tmp_path / "w", replace(entry(), name=name), OLD)
        assert kept(tmp_path) == []

    def test_running_totals_keep_both(self, tmp_path: Path) -> None:
        made = ledger.record(tmp_path, entry(), OLD, NEW)
        assert made is not None
        assert charted(tmp_path) == NEW
        assert ledger.version(tmp_path, made) == OLD
        assert ledger.version(tmp_path, made, charted=True) == NEW
        assert ledger.unfinished(tmp_path) == ()


class TestVersions:
    def test_what_was_known_on_a_day(self, tmp_path: Path) -> None:
        for day, data in ((1, OLD), (10, NEW), (20, NEWER)):
            ledger.record(tmp_path, entry(day, data), data)
        assert ledger.as_of(tmp_path, "days", date(2025, 9, 30)) is None
        for day, data in ((1, OLD), (9, OLD), (10, NEW), (19, NEW), (20, NEWER), (31, NEWER)):
            found = ledger.as_of(tmp_path, "days", date(2025, 10, day))
            assert found is not None
            assert ledger.version(tmp_path, found) == data

    def test_names_are_apart(self, tmp_path: Path) -> None:
        ledger.record(tmp_path, entry(), OLD)
        ledger.record(tmp_path, replace(entry(), name="zeal"), OLD)
        assert ledger.names(tmp_path) == ("days", "zeal")
        assert [e.name for e in ledger.entries(tmp_path)] == ["days", "zeal"]
        assert ledger.latest(tmp_path, "other") is None

    def test_a_workspace_without_imports(self, tmp_path: Path) -> None:
        assert ledger.entries(tmp_path) == ()
        assert ledger.unfinished(tmp_path) == ()
        assert ledger.recover(tmp_path) == ()

    def test_a_damaged_version_is_told(self, tmp_path: Path) -> None:
        made = ledger.record(tmp_path, entry(), OLD)
        assert made is not None
        path = tmp_path / "imports/days" / f"{made.version}.csv"
        path.write_bytes(b"other")
        with pytest.raises(InputError, match="another content than was written"):
            ledger.version(tmp_path, made)
        path.unlink()
        with pytest.raises(InputError, match="found nothing, expected the version"):
            ledger.version(tmp_path, made)

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "days"}', '{"name": 1, "as_of": "x"}'])
    def test_a_damaged_entry_is_told(self, tmp_path: Path, text: str) -> None:
        made = ledger.record(tmp_path, entry(), OLD)
        assert made is not None
        (tmp_path / "imports/days/2025-10-02-00000000.json").write_text(text)
        with pytest.raises(InputError) as caught:
            ledger.entries(tmp_path)
        (problem,) = caught.value.problems
        assert problem.place == "days/2025-10-02-00000000.json"
        assert problem.expected == "an entry as pdsa import wrote it"

    def test_an_entry_that_was_renamed_is_told(self, tmp_path: Path) -> None:
        made = ledger.record(tmp_path, entry(), OLD)
        assert made is not None
        (tmp_path / "imports/days").rename(tmp_path / "imports/other")
        with pytest.raises(InputError, match="found the entry days/2025-10-01-"):
            ledger.entries(tmp_path)

    def test_an_entry_is_plain_json(self, tmp_path: Path) -> None:
        made = ledger.record(tmp_path, entry(), OLD)
        assert made is not None
        found = json.loads((tmp_path / "imports/days" / f"{made.version}.json").read_text(encoding="utf-8"))
        assert found["as_of"] == "2025-10-01"
        assert found["counts"] == {"read": 1, "stored": 1}


class TestRecovery:
    def test_observations_changed_by_hand_are_left_alone(self, tmp_path: Path) -> None:
        ledger.record(tmp_path, entry(), OLD)
        (tmp_path / "observations/days.csv").write_bytes(b"by hand")
        assert ledger.unfinished(tmp_path) == ()
        assert ledger.recover(tmp_path) == ()
        with pytest.raises(InputError, match="changes by hand since the last import"):
            ledger.record(tmp_path, entry(2, NEW), NEW)
        assert charted(tmp_path) == b"by hand"

    def test_observations_that_people_wrote_are_not_written_over(self, tmp_path: Path) -> None:
        (tmp_path / "observations").mkdir()
        (tmp_path / "observations/days.csv").write_bytes(b"typed")
        with pytest.raises(InputError, match="rows that no import wrote"):
            ledger.record(tmp_path, entry(), OLD)
        assert kept(tmp_path) == ["observations/days.csv"]

    def test_observations_that_are_gone_come_back(self, tmp_path: Path) -> None:
        ledger.record(tmp_path, entry(), OLD, NEW)
        (tmp_path / "observations/days.csv").unlink()
        assert ledger.unfinished(tmp_path) == ("days",)
        assert ledger.recover(tmp_path) == ("days",)
        assert charted(tmp_path) == NEW

    @pytest.mark.parametrize("first", ["recover", "import"])
    @pytest.mark.parametrize("writes", [0, 1, 2, 3, 4])
    def test_kill_9_between_any_two_writes(self, tmp_path: Path, writes: int, first: str) -> None:
        """A second import of running totals (four files) is killed after so many of them."""
        ledger.record(tmp_path, entry(1, OLD), OLD)
        program = (
            "import os, signal, sys; sys.path.insert(0, 'tests')\n"
            "from pathlib import Path\n"
            "from datetime import date\n"
            "from pdsa import ledger\n"
            "from pdsa.records.entries import Entry, InputFile\n"
            "real, left = ledger.write_atomic, [int(sys.argv[2])]\n"
            "def write(path, data):\n"
            "    if left[0] == 0:\n"
            "        os.kill(os.getpid(), signal.SIGKILL)\n"
            "    left[0] -= 1\n"
            "    real(path, data)\n"
            "ledger.write_atomic = write\n"
            "one = Entry('days', date(2025, 10, 2), (InputFile('days.csv', 'n' * 64, 1, 1),), 'days', '0' * 64)\n"
            "ledger.record(Path(sys.argv[1]), one, b'school\\nnew\\n', b'school\\nnewer\\n')\n"
        )
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path), str(writes)], env=environment, check=False)
        assert done.returncode == (0 if writes == 4 else -signal.SIGKILL)
        found = ledger.entries(tmp_path)
        assert len(found) == (1 if writes < 3 else 2)
        assert charted(tmp_path) == (NEWER if writes == 4 else OLD)
        assert ledger.unfinished(tmp_path) == (("days",) if writes == 3 else ())
        assert ledger.version(tmp_path, found[-1], charted=True) == (OLD if writes < 3 else NEWER)
        if first == "recover":
            ledger.recover(tmp_path)
            assert charted(tmp_path) == (OLD if writes < 3 else NEWER)
        # the same import again ends as if nothing had happened
        again = Entry("days", date(2025, 10, 2), (InputFile("days.csv", "n" * 64, 1, 1),), "days", "0" * 64)
        made = ledger.record(tmp_path, again, NEW, NEWER)
        assert (made is None) == (writes >= 3)
        assert charted(tmp_path) == NEWER
        assert [one.sequence for one in ledger.entries(tmp_path)] == [1, 2]
        assert not [name for name in kept(tmp_path) if ".tmp" in name]
