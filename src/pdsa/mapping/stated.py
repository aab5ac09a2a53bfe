"""Columns that say of each row why it has no number, beside what its cells tell."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pdsa.content import content
from pdsa.mapping.marks import known_mark
from pdsa.mapping.remarks import Remarks, shortened
from pdsa.mapping.stacks import STATUS_CODES, Numbers, Rows
from pdsa.mapping.unclear import NO_NUMBER
from pdsa.records.imports import Choice, Question

__all__ = ["stated"]

NOTHING = "reported"
UNKNOWN = -1


@cache
def _words() -> dict[str, str]:
    """Further words of columns such as "Suppressed": yes and no."""
    known = content("headers")["status_words"]
    return {str(word): status for status, words in known.items() for word in words}


def stated(rows: Rows, numbers: Numbers, decisions: Mapping[str, str], remarks: Remarks) -> NDArray[np.int8]:
    """Shape (rows,): statuses; a row without a number has the one that its column of statuses tells.

    Our own words (`terms.STATUSES`) count in any row but an impossible one. A publisher's words (`REDACTED`, `N<10`,
    "Suppressed: Yes") tell why there is no number; unknown ones are asked about where there is none.
    """
    used = np.bincount(rows.status.codes, minlength=len(rows.status.texts)) > 0
    own, theirs = [], []
    for position, text in enumerate(rows.status.texts):
        word = text.strip().casefold().replace(" ", "_").replace("-", "_")
        own.append(STATUS_CODES.get(word, UNKNOWN))
        meaning = "" if word in STATUS_CODES else _meaning(text.strip(), decisions)
        theirs.append(STATUS_CODES.get(meaning, UNKNOWN))
        lost = (rows.status.codes == position) & (numbers.status == STATUS_CODES["missing"])
        if used[position] and text.strip() and word not in STATUS_CODES and not meaning:
            if lost.any():
                _ask(rows, text.strip(), int(np.argmax(lost)), remarks)
            else:
                remarks.tell(f"status: {shortened(text, 40)!r} is no known status; the numbers beside it are kept")
    said, reason = (np.array(codes, dtype=np.int8)[rows.status.codes] for codes in (own, theirs))
    answer = np.where((said >= 0) & (numbers.status != STATUS_CODES["excluded"]), said, numbers.status)
    why = (numbers.status == STATUS_CODES["missing"]) & (reason > 0)
    if why.any():
        remarks.tell(f"{int(why.sum())} rows without a number have the reason that their column of statuses tells")
    return np.asarray(np.where(why, reason, answer), dtype=np.int8)


def _meaning(text: str, decisions: Mapping[str, str]) -> str:
    """The status that a publisher's word means; "reported" where it means nothing, "" where nobody knows."""
    if not text:
        return NOTHING
    word = decisions.get(f"mark:{text}") or known_mark(text) or _words().get(text.casefold(), "")
    return NOTHING if word == "none" else word


def _ask(rows: Rows, text: str, row: int, remarks: Remarks) -> None:
    choices = (*NO_NUMBER, Choice(NOTHING, "it tells nothing about the number"))
    shown = f"{shortened(text)!r} beside a row without a number"
    remarks.ask(Question(f"mark:{text}", rows.place(row, "status"), shown, f"What does {text!r} mean?", choices))
