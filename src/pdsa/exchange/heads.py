"""The ends of all chains in a file that is kept elsewhere: it is seen when a whole log was made anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pdsa.errors import InputError, Problem
from pdsa.exchange.tables import EVENTS, read_events
from pdsa.inquiry import broken_links
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


def verify_events(source: Path, known: Heads | None = None) -> tuple[dict[str, tuple[int, str]], tuple[Problem, ...]]:
    """The ends of the chains in an exported folder or its events, and where a chain is broken or was made anew.

    Parameters
    ----------
    source
        A folder that holds `events.jsonl`, or that file.
    known
        Ends that somebody noted earlier; those of other chains do not matter.
    """
    events = read_events(source / EVENTS if source.is_dir() else source)
    ends = {one.school: (one.seq, one.hash) for one in sorted(events, key=lambda each: each.seq)}
    there = {(one.school, one.seq): one.hash for one in events}
    problems = list(broken_links(events))
    for school, (seq, noted) in sorted((known or {}).items()):
        if school in ends and there.get((school, seq)) != noted:
            where = f"chain of {school or 'the network'}, event {seq}"
            problems.append(Problem(where, "none, or another than was noted", "the event that was noted"))
    return ends, tuple(problems)
