"""Which pdsa this is: machines that make one run together must hold the same one."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import pdsa
from pdsa.terms import VERSION

_SOURCES = (".py", ".j2", ".yaml")


@cache
def stamp() -> tuple[str, str]:
    """Return version and hash of the source: two programs of one stamp make the same page of the same job.

    A version alone does not tell a checkout from the next one. Notebooks are not in the hash; each job names
    its own.
    """
    root, total = Path(pdsa.__file__).parent, hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in _SOURCES):
        name, data = path.relative_to(root).as_posix().encode(), path.read_bytes()
        total.update(b"%d %s %d " % (len(name), name, len(data)) + data)
    return VERSION, total.hexdigest()


def told(one: tuple[str, str]) -> str:
    """Return a stamp as people read it out to each other."""
    return f"pdsa {one[0]} (source {one[1][:12]})"
