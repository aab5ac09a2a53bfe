"""Files that belong together change together, whichever operation of the disk fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pdsa.publish import disk
from pdsa.publish.together import replace_together, sweep, sync_folders

OLD = {Path("team/a/points.csv"): b"old points", Path("team/a/report.html"): b"old page"}
NEW = {
    Path("team/a/points.csv"): b"new points",
    Path("team/a/summary.csv"): b"new summary",
    Path("team/a/report.html"): b"new page",
    Path(".records/team/a.json"): b"{}",
}


class Dead(BaseException):
    """The process was killed: nothing that comes later in it happens."""


def tree(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def failing(at: int, error: BaseException, told: list[str]) -> Callable[[str, Path], None]:
    """What fails at operation `at`; a dead process fails at every later one too."""

    def before(operation: str, path: Path) -> None:
        told.append(operation)
        if len(told) - 1 == at or (len(told) > at and isinstance(error, Dead)):
            raise error

    return before


def test_all_are_new_and_nothing_else_is_left(tmp_path: Path) -> None:
    replace_together(tmp_path, OLD)
    replace_together(tmp_path, NEW)
    assert tree(tmp_path) == NEW
    assert sorted(path.name for path in tmp_path.iterdir()) == [".records", "team"]


def test_everything_is_synced_before_the_first_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    replace_together(tmp_path, OLD)
    monkeypatch.setattr(disk, "before", failing(10**6, OSError(), told))
    replace_together(tmp_path, NEW)
    kinds = [word for word in told if word in ("write", "fsync", "link", "rename")]
    # the last one vouches for the others by their hashes: without it they are made again
    assert kinds == ["write"] * 4 + ["fsync"] * 3 + ["write"] + ["link"] * 2 + ["rename"] * 4


def test_whichever_operation_fails_all_are_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = 0
    while True:
        folder = tmp_path / str(at)
        replace_together(folder, OLD)
        told: list[str] = []
        with monkeypatch.context() as patch:
            patch.setattr(disk, "before", failing(at, OSError(28, "No space left on device"), told))
            try:
                replace_together(folder, NEW)
            except OSError:
                assert tree(folder) == OLD
        if {path: data for path, data in tree(folder).items() if not path.parts[0].startswith(".tmp-")} == NEW:
            break
        at += 1
    # folder, create and write of each, folder, fsync, list, links, renames; what fails after them is swept next time
    assert at == 1 + 2 * 4 + 1 + 3 + 2 + 2 + 4


def test_a_process_that_dies_leaves_each_file_old_or_new_and_the_last_one_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = 0
    for at in range(40):
        folder = tmp_path / str(at)
        replace_together(folder, OLD)
        told: list[str] = []
        with monkeypatch.context() as patch:
            patch.setattr(disk, "before", failing(at, Dead(), told))
            try:
                replace_together(folder, NEW)
                ends += 1
            except Dead:
                pass
        found = {path: data for path, data in tree(folder).items() if not path.parts[0].startswith(".tmp-")}
        assert all(data in (OLD.get(path), NEW.get(path)) for path, data in found.items())
        if Path(".records/team/a.json") in found:
            assert found == NEW
        sweep(folder)
        assert not list(folder.rglob(".tmp-*"))
        # what had begun is done, and what had not is not
        assert tree(folder) == (OLD if found == OLD else NEW)
    assert ends > 5


def test_a_file_system_without_links_keeps_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    replace_together(tmp_path, OLD)
    monkeypatch.setattr(os, "link", refuse)
    told: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(disk, "before", failing(20, OSError(16, "in use"), told))  # the page is the third rename
        with pytest.raises(OSError, match="in use"):
            replace_together(tmp_path, NEW)
    assert told[20] == "rename"
    assert tree(tmp_path) == OLD


@pytest.mark.parametrize(
    "harm",
    [
        lambda aside: (aside / "list.json").write_text("{"),
        lambda aside: (aside / "list.json").write_text("[]"),
        lambda aside: (aside / "list.json").write_text('{"../outside": ""}'),
        lambda aside: (aside / "2.new").write_text("a page that the disk lost a part of"),
        lambda aside: (aside.parent / "team/a/points.csv").write_text("of a newer report that was made meanwhile"),
    ],
)
def test_what_is_not_as_it_was_meant_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], object]
) -> None:
    root = tmp_path / "run"
    replace_together(root, OLD)
    with monkeypatch.context() as patch:
        patch.setattr(disk, "before", failing(18, Dead(), []))  # the second rename
        with pytest.raises(Dead):
            replace_together(root, NEW)
    (aside,) = root.glob(".tmp-*")
    assert (root / "team/a/points.csv").read_bytes() == b"new points"
    harm(aside)
    sweep(root)
    assert (root / "team/a/report.html").read_bytes() == b"old page"
    assert not (root / "team/a/summary.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert not list(root.rglob(".tmp-*"))


def test_a_newer_report_whose_first_file_is_the_same_is_not_replaced_by_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single orders share a folder and sweep nothing: one was killed, a newer one came to its end."""
    newer = NEW | {Path("team/a/report.html"): b"a newer page"}
    replace_together(tmp_path, OLD)
    with monkeypatch.context() as patch:
        patch.setattr(disk, "before", failing(18, Dead(), []))  # the second rename
        with pytest.raises(Dead):
            replace_together(tmp_path, NEW)
    replace_together(tmp_path, newer)
    sweep(tmp_path)
    assert tree(tmp_path) == newer


def test_a_folder_that_stands_in_the_way_is_left(tmp_path: Path) -> None:
    replace_together(tmp_path, OLD)
    (tmp_path / "team/a/summary.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_together(tmp_path, NEW)
    assert (tmp_path / "team/a/summary.csv").is_dir()
    assert tree(tmp_path) == OLD


def test_sweeping_takes_what_is_unfinished_and_nothing_else(tmp_path: Path) -> None:
    replace_together(tmp_path, OLD)
    for name in (".tmp-1/0.new", "team/a/.tmp-2", "coach/.tmp-3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("half")
    sweep(tmp_path)
    assert tree(tmp_path) == OLD


@pytest.mark.parametrize("times", [1, 10])
def test_a_file_that_is_written_while_it_sweeps_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    aside, left = tmp_path / ".tmp-1", times
    aside.mkdir()

    def before(operation: str, path: Path) -> None:
        nonlocal left
        if operation == "remove" and path == aside and left:
            left -= 1
            (aside / f"{left}.new").write_text("of a worker that lives on")

    monkeypatch.setattr(disk, "before", before)
    sweep(tmp_path)
    assert aside.exists() == (times == 10)


def test_folders_that_are_gone_or_refuse_are_no_hindrance(tmp_path: Path) -> None:
    sync_folders({tmp_path, tmp_path / "nothing"})
