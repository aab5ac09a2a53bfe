"""The file of a log under faults: full disks, read-only folders, damaged pages, other schemas, network drives."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import insert

from pdsa.errors import InputError, ParamsError, PdsaError
from pdsa.inquiry import Event, sealed
from pdsa.log import Log, files, open_log, schema, sqlite
from pdsa.log.guards import SQLITE
from pdsa.log.tables import event
from places import Ticks, idea

ROOT = Path(__file__).resolve().parents[1]
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pdsa.sqlite"


def opened(path: Path, **more: object) -> Log:
    return open_log(path, author="ana", now=Ticks(), **more)  # type: ignore[arg-type]


def written(path: Path, count: int = 3) -> tuple[Event, ...]:
    """A log with some events, closed."""
    with opened(path) as log:
        return log.apply([idea(f"idea-{number}", description="x" * 500) for number in range(count)])


def why(error: pytest.ExceptionInfo[PdsaError]) -> str:
    return str(error.value)


@contextmanager
def mounted(folder: Path, size: str = "2m") -> Iterator[Path]:
    """A small file system of its own; only root can make one."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder in which nobody can write: root is stopped by the mount alone."""
    if AS_ROOT:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        yield
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        return
    for one in (*folder.iterdir(), folder):
        one.chmod(0o555 if one.is_dir() else 0o444)
    yield
    for one in (folder, *folder.iterdir()):
        one.chmod(0o755)


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Path]:
    """A folder that can be made read-only, even for root."""
    if AS_ROOT:
        with mounted(tmp_path / "drive") as folder:
            yield folder
    else:
        (tmp_path / "drive").mkdir()
        yield tmp_path / "drive"


class TestCare:
    def test_only_the_owner_can_read_the_file_and_what_belongs_to_it(self, path: Path) -> None:
        old = os.umask(0)
        try:
            with opened(path) as log:
                log.apply([idea("a")])
                log.backup(path.with_name("copy.sqlite"))
                found = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
        finally:
            os.umask(old)
        names = ("pdsa.sqlite", "pdsa.sqlite-wal", "pdsa.sqlite-shm", "copy.sqlite")
        assert found == dict.fromkeys(names, 0o600)

    def test_a_save_is_on_the_disk_before_it_is_acknowledged(self, path: Path) -> None:
        with opened(path) as log, log._reading() as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
            }
        assert found == {
            "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1, "busy_timeout": 10000,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("version", "kept"),
        [
            *(((3, minor, patch), False) for minor, patch in [(37, 0), (40, 1), (44, 5), (45, 9), (50, 6), (51, 2)]),
            *(((3, minor, patch), True) for minor, patch in [(44, 6), (50, 7), (51, 3), (52, 0), (53, 4)]),
        ],
    )
    def test_checkpoints_beside_writers_are_left_to_versions_that_do_them_well(
        self, version: tuple[int, ...], kept: bool
    ) -> None:
        assert (sqlite._without_checkpoints(version) == ()) == kept

    def test_the_file_says_whose_it_is_and_keeps_types(self, path: Path) -> None:
        written(path)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA application_id").fetchone() == (0x70647361,)
            assert connection.execute("PRAGMA user_version").fetchone() == (3,)
            strict = dict(connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'"))
            assert (strict["event"], strict["head"]) == (1, 1)
            with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT value in INTEGER column"):
                connection.execute("INSERT INTO head VALUES ('s9', 'one', '')")

    def test_the_schema_that_is_made_is_the_one_that_is_read(self, path: Path) -> None:
        written(path)
        with closing(sqlite3.connect(path)) as connection:
            columns = {
                name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in ("event", "head")
            }
            triggers = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        assert columns == {"event": list(event.c.keys()), "head": ["school", "seq", "hash"]}
        assert triggers == set(SQLITE)
        config = Config()
        config.set_main_option("script_location", str(ROOT / "src" / "pdsa" / "log" / "migrations"))
        scripts = sorted(ScriptDirectory.from_config(config).walk_revisions(), key=lambda one: one.revision)
        assert tuple(one.revision for one in scripts) == schema.REVISIONS
        assert [one for one in scripts if hasattr(one.module, "downgrade")] == []  # there is no way back

    def test_the_help_of_the_command_imports_no_database(self) -> None:
        code = "import sys, pdsa.cli, pdsa.log; sys.exit(sorted(set(sys.modules) & {'sqlalchemy', 'alembic'}) != [])"
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0

    def test_a_backup_is_whole_and_stands_for_itself(self, path: Path, tmp_path: Path) -> None:
        with opened(path) as log:
            log.apply([idea("a")])
            copy = log.backup(tmp_path / "copy.sqlite")
            log.apply([idea("b")])
            with pytest.raises(ParamsError, match="a file that is there already"):
                log.backup(copy)
            with pytest.raises(InputError, match="nothing was copied"):
                log.backup(tmp_path / "nowhere" / "copy.sqlite")
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        with opened(copy) as log:
            assert list(log.state().ideas) == ["a"]
            assert log.verify().problems == ()
        assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith(".")) == []


class TestPlaces:
    def test_where_no_log_is_and_none_shall_be_made(self, path: Path) -> None:
        with pytest.raises(ParamsError, match="found no log, expected the improvement log of the workspace"):
            opened(path, create=False)
        assert not path.exists()

    def test_folders_are_made_and_a_folder_is_no_log(self, tmp_path: Path) -> None:
        written(tmp_path / "a" / "b" / "pdsa.sqlite")
        with pytest.raises(InputError, match="Is a directory"):
            opened(tmp_path / "a" / "b")
        with pytest.raises(InputError, match="a file that cannot be used"):
            opened(tmp_path / "a" / "b" / "pdsa.sqlite" / "pdsa.sqlite")

    def test_an_old_library_is_told(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
        with pytest.raises(InputError, match=r"expected 3\.37 or newer"):
            opened(path)

    @pytest.mark.parametrize("address", ["mysql://a/b", "http://a/b"])
    def test_other_databases_are_refused(self, address: str) -> None:
        with pytest.raises(ParamsError, match="expected postgresql://USER@HOST/DATABASE"):
            open_log(address)

    def test_a_database_of_another_program_is_left_alone(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE grades (student text, grade text)")
            connection.commit()
        before = path.read_bytes()
        with pytest.raises(InputError, match=r"found a database of another program \(tables: grades\)"):
            opened(path)
        assert path.read_bytes() == before

    @pytest.mark.parametrize("content", [b"school,measure\n" * 100, b"SQLite format 3\0" + b"x" * 5000, b"x"])
    def test_a_file_that_is_no_log_is_left_alone(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        with pytest.raises(InputError, match="found a damaged file"):
            opened(path)
        assert path.read_bytes() == content


class TestDamage:
    def test_a_damaged_page_is_found_and_the_newest_backup_named(self, path: Path) -> None:
        written(path, 100)
        for name in ("20260101T000000", "20260301T000000"):
            shutil.copy(path, path.with_name(f"pdsa.sqlite.backup-{name}"))
        content = bytearray(path.read_bytes())
        content[5 * 4096 : 5 * 4096 + 200] = b"\xff" * 200
        path.write_bytes(content)
        with pytest.raises(InputError) as error:
            opened(path)
        assert "found a damaged file (" in why(error)
        assert why(error).splitlines()[0].endswith("the log was not opened, and nothing in it was changed.")
        assert why(error).splitlines()[2] == (
            "  Next: keep the damaged file under another name, and copy the newest backup, "
            "pdsa.sqlite.backup-20260301T000000, to pdsa.sqlite."
        )
        assert path.read_bytes() == content
        path.rename(path.with_name("damaged.sqlite"))
        shutil.copy(path.with_name("pdsa.sqlite.backup-20260301T000000"), path)
        with opened(path) as log:
            assert len(log.events()) == 100

    @pytest.mark.parametrize("left", [0.1, 0.5, 0.9, 0.001])
    def test_a_truncated_file_is_found(self, path: Path, left: float) -> None:
        written(path, 100)
        os.truncate(path, int(path.stat().st_size * left))
        with pytest.raises(InputError, match=r"found a damaged file .*|pdsa log backup makes one"):
            opened(path)

    def test_an_empty_file_beside_backups_is_no_new_log(self, path: Path) -> None:
        written(path)
        shutil.copy(path, path.with_name("pdsa.sqlite.backup-20260101T000000"))
        path.write_bytes(b"")
        with pytest.raises(InputError, match=r"found a damaged file \(empty\)"):
            opened(path)
        path.unlink()
        with pytest.raises(InputError, match="no log, but what belongs to one"):
            opened(path)
        assert not path.exists()

    def test_a_page_that_is_damaged_while_the_log_is_open_is_told(self, path: Path) -> None:
        written(path, 200)
        with opened(path) as log:
            content = bytearray(path.read_bytes())
            for page in range(3, len(content) // 4096):
                content[page * 4096 : page * 4096 + 100] = b"\xff" * 100
            path.write_bytes(content)
            with pytest.raises(InputError, match="found a damaged file, expected a log as pdsa wrote it"):
                log.events()

    def test_an_edit_of_the_bytes_is_found_by_verification(self, path: Path) -> None:
        written(path)
        content = path.read_bytes()
        assert content.count(b"Check-in") == 3
        path.write_bytes(content.replace(b"Check-in", b"Check-on", 1))
        with opened(path) as log:
            assert [one.found for one in log.verify().problems] == ["another content than its hash vouches for"]

    def test_large_files_are_not_read_through_each_time(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        written(path, 100)
        content = bytearray(path.read_bytes())
        content[-4096:] = b"\xff" * 4096
        path.write_bytes(content)
        monkeypatch.setattr(files, "CHECKED", 1000)
        with opened(path) as log, pytest.raises(InputError, match="found a damaged file"):
            log.verify()


class TestReadOnly:
    def test_a_folder_that_cannot_be_written_is_read_and_told(self, drive: Path) -> None:
        path = drive / "pdsa.sqlite"
        events = written(path)
        with read_only(drive), opened(path) as log:
            assert log.events() == events
            assert log.verify().problems == ()
            assert (log.writable, log.notes) == (False, (f"{path} can only be read here: nothing can be saved in it.",))
            for save in (lambda: log.apply([idea("b")]), lambda: log.undo("change_idea", "idea-1")):
                with pytest.raises(InputError) as error:
                    save()
                assert why(error) == (
                    "the improvement log: 1 problem found; "
                    "nothing was saved, and nothing that was saved before is lost.\n"
                    f"  {path}: found a log that can only be read here, expected a folder that you may write.\n"
                    "  Next: ask whoever owns the folder, or copy the workspace to a place of your own."
                )
        with opened(path) as log:
            log.apply([idea("b")])

    def test_saves_that_stand_in_the_journal_alone_are_read_too(self, drive: Path, path: Path) -> None:
        """Somebody copied the folder while the log was in use, or the machine went off."""
        with opened(path) as log:
            events = log.apply([idea(f"idea-{number}") for number in range(5)])
            for name in ("pdsa.sqlite", "pdsa.sqlite-wal"):
                shutil.copy(path.with_name(name), drive / name)
        assert (drive / "pdsa.sqlite-wal").stat().st_size > 0
        with read_only(drive), opened(drive / "pdsa.sqlite") as copy:
            assert copy.events() == events

    def test_no_log_can_be_made_there(self, drive: Path) -> None:
        with read_only(drive), pytest.raises(InputError, match="a file that cannot be used"):
            opened(drive / "pdsa.sqlite")

    def test_an_older_schema_cannot_be_brought_up_to_date_there(self, drive: Path) -> None:
        older(drive / "pdsa.sqlite", "0002")
        with read_only(drive), pytest.raises(InputError, match="schema 0002 that cannot be written"):
            opened(drive / "pdsa.sqlite")

    def test_no_copy_can_be_made_there(self, drive: Path, path: Path) -> None:
        with opened(path) as log:
            log.apply([idea("a")])
            with read_only(drive), pytest.raises(InputError, match="nothing was copied"):
                log.backup(drive / "copy.sqlite")
            assert list(drive.iterdir()) == []


def fill(log: Log) -> list[Event]:
    """Save until it is refused; what was acknowledged."""
    done: list[Event] = []
    while True:
        try:
            done += log.apply([idea(f"full-{len(done)}", description="x" * 3000), idea(f"other-{len(done)}")])
        except InputError as error:
            assert "nothing was saved, and nothing that was saved before is lost" in str(error)
            assert error.problems[0].found in ("no room left on the disk", "a disk that does not answer")
            return done


class TestFullDisk:
    @pytest.mark.skipif(not AS_ROOT, reason="only root mounts a small file system; the next test limits the file")
    @pytest.mark.parametrize("size", ["300k", "600k", "1m"])
    def test_what_was_acknowledged_is_there_and_nothing_is_half_written(self, tmp_path: Path, size: str) -> None:
        with mounted(tmp_path / "drive", size) as drive:
            path, ballast = drive / "pdsa.sqlite", drive / "ballast"
            ballast.write_bytes(b"x" * 100_000)
            with opened(path) as log:
                done = fill(log)
                assert log.events() == tuple(done)
            with opened(path) as log:
                assert log.events() == tuple(done)
                assert log.verify().problems == ()
                ballast.unlink()
                done += log.apply([idea("more")])
                assert log.events() == tuple(done)
            with pytest.raises(InputError, match="no copy"), opened(path) as log:
                (drive / "more").write_bytes(b"x" * (shutil.disk_usage(drive).free - 8192))
                log.backup(drive / "copy.sqlite")
            assert not [one for one in drive.iterdir() if "copy" in one.name]

    @pytest.mark.skipif(not AS_ROOT, reason="only root mounts a small file system")
    def test_a_log_is_not_made_on_a_disk_without_room(self, tmp_path: Path) -> None:
        with mounted(tmp_path / "drive", "64k") as drive:
            (drive / "ballast").write_bytes(b"x" * 60_000)
            with pytest.raises(InputError, match=r"no room left on the disk|a disk that does not answer"):
                opened(drive / "pdsa.sqlite")
            (drive / "ballast").write_bytes(b"")
            subprocess.run(["mount", "-o", "remount,size=2m", drive], check=True)
            assert len(written(drive / "pdsa.sqlite")) == 3

    def test_a_file_that_may_not_grow_loses_nothing(self, path: Path) -> None:
        written(path)
        code = (
            "import sys; sys.path[:0] = ['tests', 'src']\n"
            "import resource, signal; from pathlib import Path; from test_log_files import fill, opened\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
            f"log = opened(Path({str(path)!r})); print(len(fill(log))); log.close()"
        )
        assert resource.RLIMIT_FSIZE
        told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        with opened(path) as log:
            assert len(log.events()) == int(told.stdout) + 3 > 20
            assert log.verify().problems == ()


def older(path: Path, revision: str) -> tuple[Event, ...]:
    """A log as an older version of pdsa wrote it."""
    files._make(path, True)
    engine = sqlite.writing_engine(path)
    found, prev = [], {"s1": "", "": ""}
    for number, school in enumerate(["s1", "s1", "", "s1"]):
        seq = 1 + sum(one.school == school for one in found)
        made = Event(
            school, seq, "change_idea", f"idea-{number}", 1, "create", "ana", f"2025-01-0{number + 1}T00:00:00.000000Z",
            "team", "", "", 0, '{"title":"Check-in"}',
        )  # fmt: skip
        found.append(sealed(made, prev[school]))
        prev[school] = found[-1].hash
    with engine.connect().execution_options(pdsa_write=True) as connection, connection.begin():
        schema.upgrade(connection, revision)
        connection.execute(insert(event), [asdict(one) for one in found])
    engine.dispose()
    return tuple(sorted(found, key=lambda one: (one.school, one.seq)))


class TestSchemas:
    @pytest.mark.parametrize("revision", schema.REVISIONS[:-1])
    def test_an_older_log_is_brought_up_to_date_after_a_backup(self, path: Path, revision: str) -> None:
        events = older(path, revision)
        before = path.read_bytes()
        with opened(path) as log:
            assert log.notes == (
                f"{path} was brought up to date; as it was before it is kept as pdsa.sqlite.backup-20260302T080001.",
            )
            assert log.events() == events
            assert log.verify().problems == ()
            log.apply([idea("new")])
            assert log.verify().heads["s1"][0] == 4
        kept = path.with_name("pdsa.sqlite.backup-20260302T080001")
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        with closing(sqlite3.connect(kept)) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,)
            assert connection.execute("SELECT count(*) FROM event").fetchone() == (4,)
        assert len(before) == kept.stat().st_size
        with opened(path) as log:
            assert log.notes == ()

    def test_a_step_that_fails_leaves_the_log_as_it_was(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        events = older(path, "0001")

        def half(connection: object) -> None:
            upgrade(connection, "0002")  # type: ignore[arg-type]
            raise OSError("the power went off")

        upgrade = schema.upgrade
        monkeypatch.setattr(schema, "upgrade", half)
        with pytest.raises(OSError, match="the power went off"):
            opened(path)
        monkeypatch.undo()
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
            assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'head'").fetchall() == []
        with opened(path) as log:
            assert log.events() == events
        assert len(files.backups(path)) == 2

    def test_without_room_for_a_backup_nothing_is_changed(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        older(path, "0001")

        def full(*_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(files, "_copy", full)
        with pytest.raises(InputError, match="nothing was copied"):
            opened(path)
        monkeypatch.undo()
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)

    def test_a_newer_log_is_refused_and_left_alone(self, path: Path) -> None:
        written(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0099'")
            connection.commit()
        before = path.read_bytes()
        with pytest.raises(InputError) as error:
            opened(path)
        assert why(error) == (
            "the improvement log: 1 problem found; the log was not opened, and nothing in it was changed.\n"
            f"  {path}: found a log of schema 0099, made by a newer pdsa, expected schema 0003 or older.\n"
            "  Next: install the newer pdsa-workbench on this machine."
        )
        assert path.read_bytes() == before
        assert files.backups(path) == []

    def test_two_backups_in_one_second_have_two_names(self, path: Path) -> None:
        written(path)
        moment = datetime(2026, 3, 2, tzinfo=UTC)
        names = [files.backup(path, files.backup_name(path, moment)).name for _ in range(2)]
        assert names == ["pdsa.sqlite.backup-20260302T000000", "pdsa.sqlite.backup-20260302T000000+"]


class TestNetworkDrives:
    MOUNTS = (
        "/dev/vda / ext4 rw 0 0\nserver:/home {folder} {kind} rw 0 0\n/dev/vdb {folder}/local ext4 rw 0 0\n"
        "overlay /elsewhere overlay rw 0 0\n"
    )

    @pytest.fixture
    def drive(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
        """A folder with a blank in its name that the system calls a network drive."""
        folder = tmp_path / "our drive"
        (folder / "local").mkdir(parents=True)
        mounts = tmp_path / "mounts"
        kind = getattr(request, "param", "nfs4")
        mounts.write_text(self.MOUNTS.format(folder=str(folder).replace(" ", "\\040"), kind=kind))
        monkeypatch.setattr(sqlite, "MOUNTS", mounts)
        return folder

    def journal(self, log: Log) -> object:
        with log._reading() as connection:
            return connection.exec_driver_sql("PRAGMA journal_mode").scalar()

    @pytest.mark.parametrize("drive", ["nfs4", "nfs", "cifs", "smb3", "9p", "fuse.sshfs"], indirect=True)
    def test_the_fast_journal_is_refused_there_and_told(self, drive: Path) -> None:
        with opened(drive / "pdsa.sqlite") as log:
            assert self.journal(log) == "delete"
            assert "lies on a network drive" in log.notes[0]
            assert log.notes[0].endswith("For several people at once use PostgreSQL.")
            log.apply([idea("a")])
            assert log.verify().problems == ()

    def test_a_log_that_was_moved_there_is_changed(self, drive: Path, path: Path) -> None:
        written(path)
        shutil.copy(path, drive / "pdsa.sqlite")
        with opened(drive / "pdsa.sqlite") as log:
            assert self.journal(log) == "delete"
            assert len(log.events()) == 3

    def test_folders_mounted_further_in_are_what_they_are(self, drive: Path) -> None:
        assert sqlite.file_system(drive / "x") == "nfs4"
        assert sqlite.file_system(drive / "local" / "x") == "ext4"
        assert sqlite.file_system(drive.with_name("our driveway")) == "ext4"
        with opened(drive / "local" / "pdsa.sqlite") as log:
            assert (self.journal(log), log.notes) == ("wal", ())

    def test_while_others_use_it_in_the_fast_way_it_is_not_opened(
        self, drive: Path, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written(path)
        there = shutil.copy(path, drive / "pdsa.sqlite")
        with closing(sqlite3.connect(there)) as other:
            other.execute("BEGIN")
            other.execute("SELECT * FROM event").fetchall()
            monkeypatch.setattr(sqlite, "WAIT", 0.2)
            with pytest.raises(InputError, match="somebody else who has been writing for a long time"):
                opened(there)

    def test_a_system_that_lists_no_mounts_has_none(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite, "MOUNTS", path.with_name("nothing"))
        assert sqlite.file_system(path) == ""


class TestTogether:
    SAVE = (
        "from pathlib import Path; from test_log_files import opened; from places import idea; import sys\n"
        "with opened(Path(sys.argv[1])) as log:\n"
        "    log.apply([idea(sys.argv[2])]); print(len(log.events()))"
    )

    def elsewhere(self, path: Path, record: str) -> int:
        """How many events another process finds after a save of its own, which then closes the log."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])}
        command = [sys.executable, "-c", self.SAVE, str(path), record]
        return int(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)

    def test_who_closes_it_is_not_the_last_one_while_others_have_it_open(self, path: Path, tmp_path: Path) -> None:
        """A lock on a file is gone once its process closes any handle on it: nothing here opens it past SQLite."""
        with opened(path) as first:
            first.apply([idea("a")])
            journal = path.with_name("pdsa.sqlite-wal")
            before = journal.stat().st_ino
            with opened(path) as second:  # looks at the file before it uses it
                second.apply([idea("b")])
                second.backup(tmp_path / "copy.sqlite")
                assert self.elsewhere(path, "c") == 3
                assert journal.stat().st_ino == before
                second.apply([idea("d")])
            first.apply([idea("e")])
            assert self.elsewhere(path, "f") == 6
            assert first.verify().problems == ()


class TestWaiting:
    def test_a_lock_that_is_held_for_a_while_is_waited_for(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Longer than the database waits by itself."""
        monkeypatch.setattr(sqlite, "WAIT", 0.2)
        with opened(path) as log, closing(sqlite3.connect(path, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            timer = threading.Timer(0.35, other.rollback)
            timer.start()
            assert log.apply([idea("a")])[0].version == 1
            timer.join()

    def test_a_lock_that_stays_is_told(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite, "WAIT", 0.1)
        with opened(path) as log, closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            begin = time.monotonic()
            with pytest.raises(InputError) as error:
                log.apply([idea("a")])
            assert 0.25 < time.monotonic() - begin < 5
            assert "found somebody else who has been writing for a long time" in why(error)
            assert log.events() == ()  # reading never waits
            other.rollback()
            log.apply([idea("a")])
