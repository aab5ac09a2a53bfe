"""What somebody answered about single columns: which measure they hold, and as which part."""

from __future__ import annotations

from collections.abc import Mapping

from pdsa.mapping.headers import MEASURE_PARTS

__all__ = ["LEAVE_OUT", "chosen_columns", "measures_chosen"]

USE = "use"
LEAVE_OUT = "leave-out"


def chosen_columns(decisions: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """For each column that somebody chose its measure and its part.

    The answers `use:COLUMN=MEASURE`, `use=COLUMN=MEASURE` and `use:COLUMN=MEASURE denominator`; without a part the
    column is the measure's value. `use=COLUMN` alone is of the measure that the answer `measure` names, or "?". A
    column that is to be `ignore`d has the measure "".

    Examples
    --------
    >>> chosen_columns({"use:Here": "attendance numerator", "use": "Rate=truancy"})
    {'Here': ('attendance', 'numerator'), 'Rate': ('truancy', 'value')}
    """
    found: dict[str, tuple[str, str]] = {}
    for key, text in decisions.items():
        column, word = _pair(key, text, decisions.get("measure", "?"))
        if column:
            measure, _, part = word.strip().rpartition(" ")
            if part not in MEASURE_PARTS or not measure:
                measure, part = word.strip(), "value"
            found[column] = ("" if measure == "ignore" else measure.strip(), part)
    return found


def _pair(key: str, text: str, measure: str) -> tuple[str, str]:
    """A column and what was said of it; blank where the answer is about something else."""
    if key.startswith((f"{USE}:", f"{USE}=")):
        return key[len(USE) + 1 :].strip(), text
    if key == USE and "=" in text:
        column, _, word = text.rpartition("=")
        return column.strip(), word
    return (text.strip(), measure) if key == USE else ("", "")


def measures_chosen(decisions: Mapping[str, str]) -> frozenset[str]:
    """Ids of all measures that somebody named in an answer."""
    columns = {measure for measure, _ in chosen_columns(decisions).values()}
    texts = {word for key, word in decisions.items() if key.startswith("measure:") and word != LEAVE_OUT}
    return frozenset((columns | texts | {decisions.get("measure", "")}) - {"", "?"})
