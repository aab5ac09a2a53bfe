"""What another machine made comes back as it was, or not at all; what a worker does without its client."""

from __future__ import annotations

from pathlib import Path

import pytest

from pdsa.errors import Problem, ReportError
from pdsa.kernels import CellEnd
from pdsa.publish import digest
from pdsa.runner import Made
from pdsa.runner.cluster.worker import carry_out, wait_for
from pdsa.runner.parcels import unwrap, wrap

GOOD = Made(
    "ok", 0.25, "<p>é – 7</p>\r\n".encode(), {"points.csv": b"a,b\n1,\xc3\xa9\n"},
    {"id": "007", "verdicts": {"steady": 2}}, cells=(CellEnd(0, "ok", 0.1), CellEnd(2, "ok", 0.15)),
    printed="two\nlines", peak_mb=91.5, tries=2,
)  # fmt: skip
BAD = Made(
    "failed", 1.5, problem=Problem("x.ipynb, cell 3", "KeyError: 'b'", "a cell that runs to its end"),
    next_step="mend it", cells=(CellEnd(0, "ok", 0.1), CellEnd(2, "error", 0.1), CellEnd(3, "not run")),
)  # fmt: skip


@pytest.mark.parametrize("made", [GOOD, BAD], ids=["good", "bad"])
def test_a_report_comes_back_as_it_was_made(made: Made) -> None:
    parcel = wrap(made)
    assert unwrap(parcel, digest(parcel), "team, 007") == made


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_a_parcel_that_is_not_whole_is_refused(cut: int) -> None:
    parcel = wrap(GOOD)
    with pytest.raises(ReportError, match="not those that the worker wrote") as caught:
        unwrap(parcel[:cut], digest(parcel), "team, 007")
    assert caught.value.report == "team, 007"


def test_a_parcel_of_another_form_is_refused() -> None:
    other = b'{"status": "ok"}'
    with pytest.raises(ReportError, match="bring client and workers to the same version of pdsa"):
        unwrap(other, digest(other), "team, 007")


def test_a_report_that_ended_its_workers_is_not_begun_again(tmp_path: Path) -> None:
    for name in ("made", "tries"):
        (tmp_path / name).mkdir()
    for number in range(2):
        (tmp_path / "tries" / f"5.{number}").touch()
    assert carry_out(str(tmp_path), "5", 2) == ("", "")
    assert sorted(path.name for path in (tmp_path / "tries").iterdir()) == ["5.0", "5.1"]


def test_a_report_that_is_made_already_is_not_made_again(tmp_path: Path) -> None:
    for name in ("made", "tries"):
        (tmp_path / name).mkdir()
    (tmp_path / "made" / "5.json").write_bytes(wrap(GOOD))
    assert carry_out(str(tmp_path), "5", 2) == ("5.json", digest(wrap(GOOD)))
    assert list((tmp_path / "tries").iterdir()) == []


def test_a_worker_that_came_later_and_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReportError) as caught:
        carry_out(str(tmp_path / "box"), "5", 2)
    assert caught.value.problem.found == f"that it does not see {tmp_path / 'box'}"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_come_is_not_waited_for_long(tmp_path: Path) -> None:
    assert wait_for(tmp_path / "x", 0.05) is None
    (tmp_path / "x").write_bytes(b"1")
    assert wait_for(tmp_path / "x", 0.05) == b"1"
