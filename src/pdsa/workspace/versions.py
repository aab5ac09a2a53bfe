"""Rows of observations as an import wrote them, read back: trusted, because their hash stands in the ledger."""

from __future__ import annotations

from io import BytesIO

import pandas as pd

from pdsa.terms import OBSERVATION_COLUMNS
from pdsa.texts import unguarded

__all__ = ["observations_frame"]

TEXTS = ("school", "measure", "group_dim", "group", "status", "source")


def observations_frame(data: bytes) -> pd.DataFrame:
    """The rows of a version, columns `terms.OBSERVATION_COLUMNS`; without bytes an empty frame."""
    text = data or (",".join(OBSERVATION_COLUMNS) + "\n").encode()
    # As "category" at once, read_csv would make numbers of ids such as 0010.
    kinds = dict.fromkeys(TEXTS, "str") | dict.fromkeys(("value", "numerator", "denominator"), "float64")
    frame = pd.read_csv(
        BytesIO(text),
        dtype={**kinds, "period": "str", "row": "int64"},
        keep_default_na=False,
        na_values={name: [""] for name in ("value", "numerator", "denominator")},
        encoding="utf-8",
    )
    period = pd.to_datetime(frame["period"].astype("category"), format="%Y-%m-%d").astype("datetime64[us]")
    texts = {name: frame[name].astype("category") for name in TEXTS}
    if b"'" in text:  # texts that were kept from running in a spreadsheet
        texts = {name: column.cat.rename_categories(unguarded) for name, column in texts.items()}
    return frame.assign(period=period, **texts)[list(OBSERVATION_COLUMNS)]
