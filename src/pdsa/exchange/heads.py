"""The ends of all chains in a file that is kept elsewhere: it is seen when a whole log was made anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pdsa.errors import Problem
from pdsa.publish import write_atomic

Heads = Mapping[str, tuple[int, str]]


def compare_heads(file: Path, heads: Heads) -> tuple[Problem, ...]:
    """What is wrong with a log whose chains once ended as the file says; writes the file where there is none.

    A chain may have grown since; its end of then must still be known by its length.

    Parameters
    ----------
    file
        What an earlier call wrote.
    heads
        By school the number of events of its chain and the hash of the last one.
    """
    if not file.is_file():
        write_atomic(file, json.dumps({school: list(end) for school, end in sorted(heads.items())}, indent=2) + "\n")
        return ()
    return tuple(_differences(json.loads(file.read_text(encoding="utf-8")), heads))


def _differences(before: Mapping[str, list[object]], heads: Heads) -> Iterator[Problem]:
    for school, (seq, text) in before.items():
        now = heads.get(school, (0, ""))
        where = f"chain of {school or 'the network'}"
        if now[0] < int(str(seq)):
            yield Problem(where, f"{now[0]} events", f"{seq} or more, as once written down")
        elif now[0] == seq and now[1] != text:
            yield Problem(where, "another end than was written down", f"an event with the hash {str(text)[:12]}...")
