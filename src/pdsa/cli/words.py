"""Words that commands share: lists as people say them."""

from __future__ import annotations

from collections.abc import Sequence


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return words as one list.

    Parameters
    ----------
    words
        One at least.
    last
        What stands before the last of them.

    Examples
    --------
    >>> listed(["A", "B", "C"], "or"), listed(["A", "B"]), listed(["A"])
    ('A, B or C', 'A and B', 'A')
    """
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end
