"""Texts that stand where a number would: which are conventional, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from pdsa.content import content
from pdsa.terms import STATUSES

__all__ = ["STATUS_CODES", "ZERO", "known_mark"]

# Positions in `terms.STATUSES`.
STATUS_CODES: Mapping[str, int] = MappingProxyType(
    {status: code for code, status in enumerate(dict.fromkeys((*STATUSES, "not_applicable", "error")))}
)
# Besides statuses, what a mapping may say of a mark: some trackers write "-" for none.
ZERO = "zero"


@dataclass(frozen=True, slots=True)
class _Known:
    exact: Mapping[str, str]
    folded: Mapping[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]


def known_mark(text: str) -> str:
    """The status that a conventional mark means, or the empty text where the text is none.

    Parameters
    ----------
    text
        A cell without blanks around it.
    """
    known = _known()
    found = known.exact.get(text) or known.folded.get(" ".join(text.casefold().split()))
    return found or next((status for pattern, status in known.patterns if pattern.fullmatch(text)), "")


@cache
def _known() -> _Known:
    marks = content("marks")
    return _Known(
        {text: status for status, kinds in marks.items() for text in kinds["exactly"]},
        {text: status for status, kinds in marks.items() for text in kinds["in_any_case"]},
        tuple((re.compile(pattern), status) for status, kinds in marks.items() for pattern in kinds["patterns"]),
    )
