"""The ends of all chains in a file that is kept elsewhere: it is seen when a whole log was made anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pdsa.errors import InputError, Problem
from pdsa.publish import write_atomic

Heads = Mapping[str, tuple[int, str]]


def read_heads(file: Path) -> dict[str, tuple[int, str]]:
    """By school the number of events and the hash of the last one, as an earlier call wrote them; empty without a file.

    Raises
    ------
    InputError
        The file holds something else.
    """
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {str(school): (int(seq), str(text)) for school, (seq, text) in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        problem = Problem(str(file), "no heads of a log", "a file that pdsa log verify --heads wrote")
        raise InputError(file.name, (problem,), "nothing was compared", "name another file") from error


def write_heads(file: Path, heads: Heads) -> None:
    """Keep the ends of all chains for a later call."""
    write_atomic(file, json.dumps({school: list(end) for school, end in sorted(heads.items())}, indent=2) + "\n")
