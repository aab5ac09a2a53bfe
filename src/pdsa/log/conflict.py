"""A save that is based on an older version than the log holds."""

from __future__ import annotations

from collections.abc import Mapping

from pdsa.errors import ParamsError, PdsaError, Problem
from pdsa.inquiry import Change, Event
from pdsa.inquiry.merge import Merge, merge

SHOWN = 200  # letters of a field that a message shows


class Conflict(PdsaError):  # noqa: N818 (the word that people know from shared documents)
    """Somebody else saved the record in the meantime; nothing was lost and nothing was saved.

    Parameters
    ----------
    change
        What was to be saved.
    base, last
        The version that it is based on, and the one that the log holds; None where there is none.
    """

    exit_code = 2

    def __init__(self, change: Change, base: Event | None, last: Event | None) -> None:
        super().__init__(change, base, last)
        self.change = change
        self.entity, self.record, self.based_on = change.entity, change.record, change.based_on
        self.version = last.version if last else 0
        self.last = last
        self.base: Mapping[str, object] = base.fields if base else {}
        self.theirs: Mapping[str, object] = last.fields if last else {}
        self.mine = {name: value for name, value in change.fields.items() if name != "id"}

    @property
    def merge(self) -> Merge:
        """Both edits put together field by field."""
        return merge(self.base, self.theirs, self.mine)

    def resolved(self, chosen: Mapping[str, object] | None = None) -> Change:
        """The change that saves both edits together, on top of what the others saved.

        Parameters
        ----------
        chosen
            What shall stand in each field that both sides changed; None empties it.

        Raises
        ------
        ParamsError
            With every such field for which nothing was chosen; or where one of the two took the record out, so that
            there are no fields to put together.
        """
        found, own = self.merge, dict(chosen or {})
        where = f"{self.entity} {self.record}"
        if not self.theirs or not self.mine:
            problem = Problem(where, "a record that one of the two took out", "two edits")
            step = "bring it back first (undo), or look at what they saved and take it out again"
            raise ParamsError("the improvement log", (problem,), "nothing was saved", step)
        problems = tuple(
            Problem(f"{where}, {clash.field}", "two different edits", "the one that shall stand")
            for clash in found.clashes
            if clash.field not in own
        )
        if problems:
            raise ParamsError("the improvement log", problems, "nothing was saved", "choose for each field")
        fields = {name: value for name, value in {**found.fields, **own}.items() if value not in (None, "")}
        return Change(self.change.entity, self.record, self.change.school, fields, self.version, "merge")

    def __str__(self) -> str:
        return "\n".join((self._head, *(f"  {line}" for line in self._lines)))

    @property
    def _head(self) -> str:
        name = f"{self.entity.replace('_', ' ')} {self.record}"
        if self.last is None:
            return f"{name}: the log holds no such record, and you changed version {self.based_on} of it."
        at = self.last.at[:16].replace("T", " ")
        who = f"{self.last.author or 'somebody'} saved version {self.version} on {at} UTC"
        after = f"after you opened version {self.based_on}" if self.based_on else "and you wanted to make it new"
        return f"{name}: {who}, {after}; nothing of yours was saved, and nothing of theirs is lost."

    @property
    def _lines(self) -> list[str]:
        if self.last is None:
            return ["Next: make it as a new record."]
        if not self.last.body:
            return ["They took it out of the log.", "Next: undo that, or make a new record."]
        step = (
            f"Next: look at version {self.version} and save again on top of it; or put both together with "
            "--merge mine or --merge theirs, which decides the fields that both changed."
        )
        fits = () if self.merge.clashes else ("You changed different fields: both fit together.",)
        return [*self._fields, *fits, step]

    @property
    def _fields(self) -> list[str]:
        """Both edits field by field, those that clash first."""
        clashes = {clash.field: clash for clash in self.merge.clashes}
        told = [f"{name}: they saved {_told(one.theirs)}; you want {_told(one.mine)}." for name, one in clashes.items()]
        for name in dict.fromkeys((*self.base, *self.theirs, *self.mine)):
            before, other, own = self.base.get(name), self.theirs.get(name), self.mine.get(name)
            if name not in clashes and other != before:
                told.append(f"{name}: they saved {_told(other)}{'' if own == before else ', as you do'}.")
            elif name not in clashes and own != before:
                told.append(f"{name}: only you changed it, to {_told(own)}.")
        return told


def _told(value: object) -> str:
    text = "nothing" if value in (None, "") else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
