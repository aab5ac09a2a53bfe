"""What an import has to say besides its rows: problems, questions, what was done, and rows that were left aside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pdsa.errors import InputError, Problem
from pdsa.records.imports import Question
from pdsa.texts import listed

__all__ = ["Aside", "Remarks", "listed_rows", "shortened", "without_cells"]

SHOWN_ROWS = 12


@dataclass(frozen=True, slots=True)
class Aside:
    """One row that is not among the observations, or not with its numbers.

    Parameters
    ----------
    source, row
        Where it stands.
    reason
        Why, without the row's values: the coach's page prints it.
    found
        Whose row and which values, for the one who imports.
    again
        True for a row that says what another one says.
    """

    source: str
    row: int
    reason: str
    found: str = ""
    again: bool = False

    def __str__(self) -> str:
        what = f"{self.found}, {self.reason}" if self.found else self.reason
        return f"{self.source}, row {self.row}: {what}"


@dataclass(slots=True)
class Remarks:
    """Gathers what is found on the way; questions and problems keep anything from being stored."""

    problems: list[Problem] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)

    def wrong(self, place: str, found: str, expected: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(place, found, expected))

    def ask(self, question: Question) -> None:
        """Note a question, once for each key."""
        if question.key not in {one.key for one in self.questions}:
            self.questions.append(question)

    def tell(self, text: str) -> None:
        """Note what was done, once."""
        if text not in self.told:
            self.told.append(text)

    def take(self, other: Remarks) -> None:
        """Add everything of another."""
        self.problems.extend(other.problems)
        self.asides.extend(other.asides)
        for question in other.questions:
            self.ask(question)
        for text in other.told:
            self.tell(text)

    def settle(self, source: str, next_step: str = "") -> None:
        """Raise all problems at once, if there are any."""
        if self.problems:
            step = next_step or "mend these places in the file, or ask its publisher, and import it again"
            raise InputError(source, tuple(dict.fromkeys(self.problems)), "nothing was imported", step)


def without_cells(remarks: Remarks) -> Remarks:
    """The remarks about a file in `private/`: places, and nothing of what stands there."""
    hidden = "what stands there is not shown, because the file is in private/"
    return Remarks(
        problems=[Problem(one.place, hidden, one.expected) for one in remarks.problems],
        questions=[replace(one, found=hidden) for one in remarks.questions],
        told=["titles and notes are left out and not shown, because the file is in private/"] if remarks.told else [],
        asides=remarks.asides,
    )


def shortened(text: str, most: int = 60) -> str:
    """A text on one line, cut if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def listed_rows(rows: list[int]) -> str:
    """`row 7`, `rows 3, 5 and 9`, `rows 3 to 9`, or the first twelve and how many more."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    if rows == list(range(rows[0], rows[-1] + 1)):
        return f"rows {rows[0]} to {rows[-1]}"
    shown = [str(row) for row in rows[:SHOWN_ROWS]]
    if len(rows) > SHOWN_ROWS:
        return f"rows {', '.join(shown)} and {len(rows) - SHOWN_ROWS} more"
    return f"rows {listed(shown)}"
