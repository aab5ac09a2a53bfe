"""A save that is based on an older version than the log holds."""

from __future__ import annotations

from collections.abc import Mapping

from pdsa.errors import PdsaError
from pdsa.inquiry.merge import Merge, merge

SHOWN = 200  # letters of a field that a message shows


class Conflict(PdsaError):  # noqa: N818 (the word that people know from shared documents)
    """Somebody else saved the record in the meantime; nothing was lost and nothing was saved.

    Parameters
    ----------
    entity, record
        Which record.
    based_on, version
        The version that the save started from, and the one that the log holds.
    base, theirs, mine
        The fields of the version started from, of the log's version and of the save.
    """

    exit_code = 2

    def __init__(
        self,
        entity: str,
        record: str,
        versions: tuple[int, int],
        base: Mapping[str, object],
        theirs: Mapping[str, object],
        mine: Mapping[str, object],
    ) -> None:
        super().__init__(entity, record, versions, base, theirs, mine)
        self.entity, self.record = entity, record
        self.based_on, self.version = versions
        self.base, self.theirs, self.mine = base, theirs, mine

    @property
    def merge(self) -> Merge:
        """Both edits put together field by field."""
        return merge(self.base, self.theirs, self.mine)

    def __str__(self) -> str:
        found = self.merge
        head = (
            f"{self.entity.replace('_', ' ')} {self.record}: somebody saved version {self.version} after you opened "
            f"version {self.based_on}; nothing of yours was saved, and nothing of theirs is lost."
        )
        lines = [
            f"  {clash.field}: they saved {_told(clash.theirs)}; you want {_told(clash.mine)}."
            for clash in found.clashes
        ]
        if not lines:
            lines = ["  You changed different fields: both fit together."]
        step = f"Next: look at version {self.version}, put your words in where they belong, and save again."
        return "\n".join((head, *lines, f"  {step}"))


def _told(value: object) -> str:
    text = "nothing" if value in (None, "") else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
