"""A PostgreSQL server of the tests' own, in a temporary folder, on a socket alone; gone when they end."""

from __future__ import annotations

import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

OLDEST = 15
INSTALL = "no PostgreSQL 15 or newer: sudo apt-get install postgresql"


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
    process: subprocess.Popen[bytes] | None = None
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """The address of a database, for one login."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start it and wait until it answers. It is given a user of its own: it refuses to run as root."""
        options = ["-D", str(self.folder / "data"), "-k", str(self.folder), "-c", "listen_addresses="]
        # nothing here outlives the tests: no need to wait for the disk, except where that is measured
        fast = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=150"]
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [self.programs / "postgres", *options, *fast],
            stdout=log,
            stderr=log,
            **self._user(),  # type: ignore[call-overload]
        )
        log.close()
        self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        import psycopg

        until = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url()).close()
                return
            except psycopg.OperationalError:
                if self.process is None or self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self.folder / "server.log").read_text()) from None
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once, by its own process; its children go with it."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)

    def make(self) -> None:
        """Make its files."""
        owner = self._user()
        if owner:
            shutil.chown(self.folder, owner["user"], owner["group"])
        subprocess.run(
            [self.programs / "initdb", "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "--no-sync",
             "-E", "UTF8", "--locale=C.UTF-8"],
            check=True, capture_output=True, **owner,
        )  # fmt: skip

    def _user(self) -> dict[str, object]:
        if os.geteuid() != 0:
            return {}
        found = pwd.getpwnam("postgres")
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": [], "cwd": self.folder}

    def run(self, statement: str, database: str = "postgres", user: str = "postgres") -> list[tuple[object, ...]]:
        """Rows that a statement gives, each statement in a transaction of its own."""
        import psycopg

        with psycopg.connect(self.url(database, user), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def database(self, like: str = "template1", owner: str = "postgres") -> str:
        """A new database, made like another one."""
        name = f"log_{next(self.numbers)}"
        self.run(f'CREATE DATABASE {name} TEMPLATE {like} OWNER "{owner}"')
        return name
