"""What one import did, as the ledger keeps it: inputs, counts, what was left out, what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

__all__ = ["Entry", "InputFile", "LeftOut", "TotalNote"]


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was read: its name without folders, the SHA-256 of its bytes, their number, the rows in it."""

    name: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that was not stored, or stored without its numbers.

    Parameters
    ----------
    source, row
        Where it stands; row 0 for a whole source.
    reason
        Why, in words without the row's values: the coach's page prints it.
    found
        The values, for the one who imports only.
    """

    source: str
    row: int
    reason: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class TotalNote:
    """A published total that was compared with the sum of its members: in words, and whether both are equal."""

    told: str
    equal: bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One import.

    Parameters
    ----------
    name
        Of the mapping's `observations/<name>.csv`.
    as_of
        The day on which these numbers were known.
    inputs
        The files.
    mapping, mapping_sha256
        Name of the mapping and the hash of its file.
    counts
        `read` and `stored` rows, and stored rows by status (`terms.STATUSES`).
    set_aside, refused
        Rows that are no observations or were excluded, and rows that could not be read.
    duplicates
        What was done about rows that stood there twice.
    totals
        Published totals and the sums of their members.
    told
        Everything else that was done and told.
    revision
        Counts of `feeds.Revision.summary`.
    periods
        By measure the periods that nobody had reported before, as ISO dates.
    verdicts
        Verdicts that changed, in words.
    headers
        Which header each measure's numbers were read from, as rows of (measure, part, header, first, last, source).
    sequence
        1 for the first import of this name; `ledger.record` sets it.
    version, sha256, charted_sha256
        The stem of the version's files, the hash of the rows as published, and the hash of the rows as charted (the
        same but for running totals); `ledger.record` sets them.
    """

    name: str
    as_of: date
    inputs: tuple[InputFile, ...] = ()
    mapping: str = ""
    mapping_sha256: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    set_aside: tuple[LeftOut, ...] = ()
    refused: tuple[LeftOut, ...] = ()
    duplicates: tuple[LeftOut, ...] = ()
    totals: tuple[TotalNote, ...] = ()
    told: tuple[str, ...] = ()
    revision: Mapping[str, int] = field(default_factory=dict)
    periods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    verdicts: tuple[str, ...] = ()
    headers: tuple[tuple[str, str, str, str, str, str], ...] = ()
    sequence: int = 0
    version: str = ""
    sha256: str = ""
    charted_sha256: str = ""
