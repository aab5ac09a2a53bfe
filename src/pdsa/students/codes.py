"""What attendance codes mean: by the mapping, by an answer, by their words; letters alone are asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pdsa.content import content
from pdsa.records.imports import Choice, StudentRows

__all__ = ["CHOICES", "MEANINGS", "Meaning", "code_key", "code_meanings", "plain_code"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning of a code.

    Parameters
    ----------
    counts
        Whether the day is a day enrolled.
    absent
        Share of the day absent: 0, 0.5 or 1.
    excused
        Whether the absence is excused; None where nobody says, or there is none.
    """

    counts: bool
    absent: float
    excused: bool | None = None


MEANINGS: dict[str, Meaning] = {
    "present": Meaning(True, 0.0),
    "tardy": Meaning(True, 0.0),
    "excused": Meaning(True, 1.0, True),
    "unexcused": Meaning(True, 1.0, False),
    "absent": Meaning(True, 1.0),
    "half-excused": Meaning(True, 0.5, True),
    "half-unexcused": Meaning(True, 0.5, False),
    "half": Meaning(True, 0.5),
    "ignored": Meaning(False, 0.0),
}
CHOICES = (
    Choice("present", "the student attended (in school, on a school trip, in remote lessons that count)"),
    Choice("tardy", "the student came late or left early, and attended"),
    Choice("excused", "absent the whole day, excused"),
    Choice("unexcused", "absent the whole day, not excused"),
    Choice("absent", "absent the whole day; the code does not say whether excused (then no truancy is counted)"),
    Choice("half-excused", "absent half of the day, excused"),
    Choice("half-unexcused", "absent half of the day, not excused"),
    Choice("half", "absent half of the day; the code does not say whether excused"),
    Choice("ignored", "no day of school for this student: the row is left out"),
)


def plain_code(text: str) -> str:
    """A code without blanks at its ends and, for an Ed-Fi descriptor, without its namespace."""
    return (text.rsplit("#", 1)[-1] if text.strip().startswith("uri:") else text).strip()


def code_key(text: str) -> str:
    """The key of the question about a code: `code:U`; `code:(blank)` for the blank one."""
    return f"code:{plain_code(text) or '(blank)'}"


def code_meanings(texts: Sequence[str], rows: StudentRows, decisions: Mapping[str, str]) -> tuple[str, ...]:
    """The meaning of each code, a key of `MEANINGS`; "" where nobody has said it.

    An answer comes before the lists of `rows`, they before the words that are known. A code of `rows.absent_codes`
    is unexcused where `rows.excused_codes` names those that are excused; else it only says absent.
    """
    listed = {
        **dict.fromkeys(rows.absent_codes, "unexcused" if rows.excused_codes else "absent"),
        **dict.fromkeys(rows.excused_codes, "excused"),
        **dict.fromkeys(rows.present_codes, "present"),
    }
    return tuple(_meaning(plain_code(text), code_key(text), listed, decisions) for text in texts)


def _meaning(code: str, key: str, listed: Mapping[str, str], decisions: Mapping[str, str]) -> str:
    found = decisions.get(key) or listed.get(code) or _known().get(code.casefold(), "")
    return found if found in MEANINGS else ""


@cache
def _known() -> dict[str, str]:
    return {word: meaning for meaning, words in content("codes").items() for word in words}
