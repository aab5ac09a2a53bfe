"""Rows that name their measure: which one each text means, and which rows nobody wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pdsa.check import Coded
from pdsa.mapping.answers import LEAVE_OUT
from pdsa.mapping.headers import folded, measure_parts
from pdsa.mapping.keys import mapped
from pdsa.mapping.remarks import Remarks, shortened
from pdsa.mapping.stacks import Rows
from pdsa.records.imports import Choice, Question

__all__ = ["measures_of"]

OTHERS = "other-measures"  # the decision about all texts that are no known measure
ALONE = 3  # unknown texts that are asked about one by one
SHOWN = 6


def measures_of(
    rows: Rows, decisions: Mapping[str, str], ids: Sequence[str], names: Mapping[str, str], remarks: Remarks
) -> tuple[Rows, Coded]:
    """The rows that are wanted, and the measure of each of them; unknown texts are asked about.

    Parameters
    ----------
    rows
        Rows whose `measure` is the text of the column that names it.
    decisions
        `measure:<text>` (an id, or `leave-out`) and `other-measures=leave-out`.
    ids, names
        Ids of the known measures, and ids by folded names.
    """
    used = np.bincount(rows.measure.codes, minlength=len(rows.measure.texts)) > 0
    found = {text: _id_of(text, decisions, ids, names) for text in rows.measure.texts}
    unknown = [text for text, there in zip(rows.measure.texts, used.tolist(), strict=True) if there and not found[text]]
    if decisions.get(OTHERS) == LEAVE_OUT:
        found |= dict.fromkeys(unknown, LEAVE_OUT)
    else:
        _ask(rows, unknown, remarks)
    out = np.array([found[text] == LEAVE_OUT for text in rows.measure.texts], dtype=bool)[rows.measure.codes]
    if out.any() and not out.all():
        texts = [text for text, word in found.items() if word == LEAVE_OUT]
        shown = ", ".join(shortened(text, 40) for text in texts[:SHOWN])
        more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
        remarks.tell(f"{int(out.sum())} rows of other measures left out: {shown}{more}")
        rows = rows.only(~out)
    answer: Callable[[str], str] = found.__getitem__
    return rows, mapped(rows.measure, answer)


def _id_of(text: str, decisions: Mapping[str, str], ids: Sequence[str], names: Mapping[str, str]) -> str:
    """The measure of a text, as somebody decided, by its id or by a name of the library; "" where none is certain."""
    decided = decisions.get(f"measure:{text}", "")
    if decided or text in ids:
        return decided or text
    pairs = {measure for measure, _ in measure_parts(text)}
    return names.get(folded(text), "") or (pairs.pop() if len(pairs) == 1 else "")


def _ask(rows: Rows, unknown: Sequence[str], remarks: Remarks) -> None:
    """One question for each unknown text, or one for all of them."""
    if len(unknown) > ALONE:
        shown = ", ".join(repr(shortened(text, 50)) for text in unknown[:SHOWN])
        more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
        choices = (Choice(LEAVE_OUT, "leave out the rows of measures that nobody named"),)
        ask = f"which measures are wanted? Give each an id (measure:{shortened(unknown[0], 30)}=ID); and the others?"
        remarks.ask(Question(OTHERS, rows.place(0, "measure"), f"{len(unknown)} texts: {shown}{more}", ask, choices))
        return
    for text in unknown:
        place = rows.place(int(np.argmax(rows.measure.codes == rows.measure.texts.index(text))), "measure")
        ask = f"which measure is this? Give its id, of the library or your own; or {LEAVE_OUT}"
        remarks.ask(Question(f"measure:{text}", place, repr(shortened(text)), ask))
