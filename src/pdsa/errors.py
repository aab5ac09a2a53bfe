"""What can go wrong, told so that a teacher can mend it: place, found, expected, next step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands, what was found there, what was expected instead."""

    place: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.place}: found {self.found}, expected {self.expected}."


class PdsaError(Exception):
    """Base of every error that pdsa raises on purpose; `exit_code` is what the command returns."""

    exit_code = 3


class InputError(PdsaError):
    """An input is wrong; all its problems at once.

    Parameters
    ----------
    source
        The file or frame that was read.
    problems
        Every problem found, in the order in which a reader meets them.
    consequence
        What was therefore not done.
    next_step
        What the reader can do about it.
    """

    exit_code = 2
    shown = 20  # problems printed in full; the rest is counted, and stands in `problems`

    def __init__(
        self,
        source: str,
        problems: tuple[Problem, ...],
        consequence: str = "nothing was analyzed",
        next_step: str = "mend the places named above and run the same command again",
    ) -> None:
        # args are the constructor's arguments, so that the error survives pickling between workers
        super().__init__(source, problems, consequence, next_step)
        self.source = source
        self.problems = problems
        self.consequence = consequence
        self.next_step = next_step

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{self.source}: {count} problem{'s' if count != 1 else ''} found; {self.consequence}."
        lines = [f"  {problem}" for problem in self.problems[: self.shown]]
        if count > self.shown:
            lines.append(f"  ... and {count - self.shown} more.")
        return "\n".join([head, *lines, f"  Next: {self.next_step}."])


class ParamsError(InputError):
    """A params file, a name given on the command line or a notebook's parameters are wrong."""


class RunError(InputError):
    """A run could not be brought to its end; the reports that it made stand."""

    exit_code = 1


class ReportError(PdsaError):
    """One report could not be made; the others go on.

    Parameters
    ----------
    report
        The report's name, as the index lists it.
    problem
        Where it broke, what was found and what was expected.
    next_step
        What the coach can do about it.
    """

    exit_code = 1

    def __init__(self, report: str, problem: Problem, next_step: str) -> None:
        super().__init__(report, problem, next_step)
        self.report = report
        self.problem = problem
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.report}: no report was made.\n  {self.problem}\n  Next: {self.next_step}."
