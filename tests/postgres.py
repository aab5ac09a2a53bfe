"""A PostgreSQL server of the tests' own, in a temporary folder, on a socket alone; gone when they end."""

from __future__ import annotations

import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

OLDEST = 15
INSTALL = "no PostgreSQL 15 or newer on this machine: sudo apt-get install postgresql"
# nothing here outlives the tests: no need to wait for the disk, except where that is measured
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
OWNER = "keeper"  # of the log: no administrator, so that row-level security is forced on it too


def programs() -> Path | None:
    """The folder with the programs of the newest PostgreSQL on this machine; None where there is none."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    found = shutil.which("postgres")
    folders += [Path(found).resolve().parent] if found else []
    return max((one for one in folders if version(one) >= OLDEST), key=version, default=None)


def version(folder: Path) -> int:
    """The main version of the server whose programs lie in a folder."""
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)", told)
    return int(found[1]) if found else 0


@dataclass
class Server:
    """A running server: its administrator is `postgres`, everybody who can reach its socket is who they say."""

    folder: Path
    programs: Path
    settings: tuple[str, ...] = FAST
    process: subprocess.Popen[bytes] | None = None
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """The address of a database, for one login."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def make(self) -> None:
        """Make its files."""
        if os.geteuid() == 0:
            os.chown(self.folder, *self._user())
        options = ["-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]
        self._run("initdb", *options, "--locale=C.UTF-8").communicate(timeout=120)
        if not (self.folder / "data" / "PG_VERSION").is_file():
            raise RuntimeError(self.told)

    def start(self) -> None:
        """Start it and wait until it answers."""
        given = [part for one in self.settings for part in ("-c", one)]
        options = ["-D", str(self.folder / "data"), "-k", str(self.folder), "-c", "listen_addresses="]
        self.process = self._run("postgres", *options, "-c", "max_connections=150", *given)
        until = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url()).close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(self.told) from None
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it at once, by its own process; its children go with it."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)

    @property
    def told(self) -> str:
        """What it has written of itself."""
        path = self.folder / "server.log"
        return path.read_text("utf-8", "replace") if path.is_file() else ""

    def run(self, statement: str, database: str = "postgres", user: str = "postgres") -> list[tuple[object, ...]]:
        """Rows that a statement gives, each statement in a transaction of its own."""
        with psycopg.connect(self.url(database, user), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def database(self, like: str = "template1", owner: str = OWNER) -> str:
        """A new database, made like another one."""
        name = f"log_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {like} OWNER {owner}")
        return name

    def drop(self, database: str) -> None:
        """Take a database away, whoever is still connected."""
        self.run(f"DROP DATABASE {database} WITH (FORCE)")

    def _run(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        """One of its programs; as a user of its own where we are root, and gone when we are killed."""
        words = [str(self.programs / program), *options]
        if shutil.which("setpriv"):
            user, group = self._user()
            rights = [f"--reuid={user}", f"--regid={group}", "--clear-groups"] if os.geteuid() == 0 else []
            words = ["setpriv", *rights, "--pdeathsig=INT", *words]
        elif os.geteuid() == 0:
            words = ["runuser", "-u", "postgres", "--", *words]
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)

    @staticmethod
    def _user() -> tuple[int, int]:
        """Whoever runs it: root may not, and the package brings a user for it."""
        if os.geteuid() != 0:
            return os.geteuid(), os.getegid()
        found = pwd.getpwnam("postgres")
        return found.pw_uid, found.pw_gid


@contextmanager
def running(folder: Path, settings: tuple[str, ...] = FAST) -> Iterator[Server]:
    """A server while it is needed, with an owner for logs."""
    server = Server(Path(tempfile.mkdtemp(prefix="pdsa-", dir=folder)), programs() or Path(), settings)
    try:
        server.make()
        server.start()
        server.run(f"CREATE USER {OWNER} CREATEROLE")
        yield server
    finally:
        server.stop(signal.SIGQUIT)  # without writing down what is thrown away
        shutil.rmtree(server.folder, ignore_errors=True)
