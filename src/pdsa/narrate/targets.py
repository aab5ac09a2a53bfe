"""What is said of a target: by the sentences, by the icons and by the CSV, from one reading of a summary row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pdsa.narrate.series import Series
from pdsa.narrate.words import capital
from pdsa.terms import ASSURANCE_WORDS

# Verdicts that a rule has fired for, and the verdict that lets a target be judged.
SIGNALS, STEADY = ("improvement", "concern", "change"), "common_cause"
# What files say where there are a target and limits, and the page does not judge the one by the other.
NOT_YET = "not_judged_yet"


def assurance_word(row: Mapping[str, Any]) -> str:
    """The assurance of a summary row as files have it: empty where there is nothing to judge by."""
    found = row.get("assurance")
    if not isinstance(found, str):
        return ""
    return found if row["verdict"] == STEADY else NOT_YET


def assurance_told(row: Mapping[str, Any]) -> str:
    """The assurance of a summary row as far as it is stated: no target is judged on few points or a new level."""
    word = assurance_word(row)
    return "" if word == NOT_YET else word


def target_words(series: Series) -> str:
    """The sentence about the target; nothing where there is none, or no limits to judge it by."""
    row, wanted = series.row, series.chart.spec.target
    word = assurance_word(row)
    if wanted is None or not word:
        return ""
    target = f"the target of {series.told(wanted, unit=False)}"
    if row["verdict"] == "too_few":
        return f"Every value {'meets' if row['assurance'] == 'met' else 'misses'} {target}."
    if word == NOT_YET:
        return f"{capital(target)} is judged once the new level has limits of its own."
    return f"{capital(target)} {ASSURANCE_WORDS[word].format(periods=f'{series.noun}s')}."
