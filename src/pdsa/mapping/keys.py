"""Columns of texts put together: side by side as one key, one below the other, or with other texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.check import Coded

__all__ = ["constant", "joined", "mapped", "mixed", "repeated", "row_keys", "same_texts", "stacked"]

Ints = NDArray[np.int64]

LARGEST = 2**62


def constant(text: str, count: int) -> Coded:
    """The same text in every row."""
    return Coded(np.zeros(count, dtype=np.int64), (text,))


def mixed(columns: Sequence[Coded | Ints]) -> Ints:
    """Shape (rows,): one number for each combination of texts, from 0 without gaps."""
    key: Ints | None = None
    for column in columns:
        codes = column.codes if isinstance(column, Coded) else column
        size = len(column.texts) if isinstance(column, Coded) else int(codes.max(initial=0)) + 1
        key = codes if key is None else np.unique(key * size + codes, return_inverse=True)[1].astype(np.int64)
    return np.zeros(0, dtype=np.int64) if key is None else key


def row_keys(frame: pd.DataFrame, names: Sequence[str]) -> Ints:
    """Shape (rows,): one number for each combination of texts in these columns of a frame."""
    key, most = np.zeros(len(frame), dtype=np.int64), 1
    for name in names:
        codes, found = pd.factorize(frame[name])
        if most > LARGEST // (len(found) + 1):
            key, kinds = pd.factorize(key)
            most = len(kinds)
        key, most = key * (len(found) + 1) + codes, most * (len(found) + 1)
    return key


def joined(columns: Sequence[Coded], mark: str = "-") -> Coded:
    """Several columns as one, their texts joined: "01-0301"."""
    if len(columns) == 1:
        return columns[0]
    key = mixed(columns)
    first = np.unique(key, return_index=True)[1]
    texts = [mark.join(column.at(row) for column in columns) for row in first.tolist()]
    return mapped(Coded(np.searchsorted(np.unique(key), key), tuple(texts)), lambda text: text)


def mapped(column: Coded, change: Callable[[str], str]) -> Coded:
    """A column with every text changed; texts that become equal become one."""
    places: dict[str, int] = {}
    codes = [places.setdefault(change(text), len(places)) for text in column.texts]
    return Coded(np.array(codes, dtype=np.int64)[column.codes] if codes else column.codes, tuple(places))


def stacked(columns: Sequence[Coded]) -> Coded:
    """Columns one below the other."""
    places: dict[str, int] = {}
    codes = []
    for column in columns:
        own = np.array([places.setdefault(text, len(places)) for text in column.texts], dtype=np.int64)
        codes.append(own[column.codes] if len(own) else column.codes)
    return Coded(np.concatenate([np.zeros(0, np.int64), *codes]), tuple(places))


def repeated(column: Coded, times: int) -> Coded:
    """A column so many times one below the other."""
    return Coded(np.tile(column.codes, times), column.texts)


def same_texts(one: Coded, two: Coded) -> NDArray[np.bool_]:
    """Shape (rows,): rows in which two columns hold the same text."""
    places = {text: code for code, text in enumerate(two.texts)}
    return np.asarray(np.array([places.get(text, -1) for text in one.texts])[one.codes] == two.codes, dtype=bool)
