"""What `pdsa report` says while it works and at its end: to a person, to a file, or to a program."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from tqdm import tqdm

    from pdsa.errors import Problem
    from pdsa.runner import Job, Plan, Result, Run

Style = Literal["bar", "lines", "quiet", "json"]

NAMED = 6  # reports with the same failure that are named
SLOWEST = 3
REDRAWN = 0.1  # seconds from one drawing of the bar to the next
ROWS = 20


def style_of(*, quiet: bool, json_lines: bool) -> Style:
    """Return how to tell: a live bar where somebody watches, lines in a file."""
    if quiet and json_lines:
        raise click.UsageError("--quiet is for people, --json-lines for programs: give one.")
    if json_lines:
        return "json"
    if quiet:
        return "quiet"
    return "bar" if sys.stderr.isatty() else "lines"


@dataclass(slots=True)
class Progress:
    """Tells of each report as it comes.

    Parameters
    ----------
    style
        How to tell.
    total
        How many reports the run looks at.
    forced
        Whether the same command would make again what it has made.
    """

    style: Style
    total: int
    forced: bool = False
    done: int = 0
    unchanged: int = 0
    failed: int = 0
    slowest: tuple[float, str] = (0.0, "")
    _bar: tqdm[None] | None = field(default=None)

    def __enter__(self) -> Progress:
        if self.style == "bar":
            from tqdm import tqdm

            shape = "{n_fmt} of {total_fmt} |{bar}| {remaining} left{desc}"
            width = shutil.get_terminal_size().columns
            # a terminal that does not know its height has no room for a bar, so it is told one
            looks = {"bar_format": shape, "ncols": width, "nrows": ROWS, "leave": False}
            self._bar = tqdm(total=self.total, file=sys.stderr, mininterval=REDRAWN, miniters=0, **looks)
        elif self.style == "json":
            event("started", reports=self.total)
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()
        if kind in (KeyboardInterrupt, SystemExit):
            self._stopped()

    def _stopped(self) -> None:
        """Ended on the way: what is there, and how to go on."""
        if self.style == "json":
            event("stopped", done=self.done, reports=self.total)
        else:
            told = f"Ended before its end: {self.done - self.failed} of {self.total} reports are done."
            click.echo(f"{told} {self._next()}", err=True)

    def _next(self) -> str:
        """Whoever forces wants every page anew, and no run can tell which of those that stand were made for that."""
        if not self.forced:
            return "Run it again to go on."
        left = "what was not made this time and did not change stays as it was before"
        return f"The same command begins anew and makes all of them; without --force, {left}."

    def show(self, result: Result) -> None:
        """Tell of one report."""
        self._count(result)
        if self.style == "json":
            event("report", **facts(result.job, result.status, result.seconds, result.problem, result.next_step))
        elif self._bar is not None:
            self._move(result)
        elif result.status == "failed" or (result.status == "ok" and self.style == "lines"):
            click.echo(f"[{self.done}/{self.total}] {result.status:6} {result.seconds:5.2f} s  {result.job.name}")

    def _count(self, result: Result) -> None:
        self.done += 1
        if self.done > self.total:  # a page in which a secret was found is looked at unasked
            self.total = self.done
            if self._bar is not None:
                self._bar.total += 1
        self.unchanged += result.status == "unchanged"
        self.failed += result.status == "failed"
        if result.status != "unchanged":
            self.slowest = max(self.slowest, (result.seconds, result.job.name))

    def _move(self, result: Result) -> None:
        bar = self._bar
        assert bar is not None  # noqa: S101 the caller looked
        counts = [f"{self.failed} failed"] * bool(self.failed) + [f"{self.unchanged} unchanged"] * bool(self.unchanged)
        slow = f"slowest {self.slowest[1]}: {self.slowest[0]:.1f} s" if self.slowest[1] else ""
        bar.set_description_str("".join(f", {part}" for part in (*counts, slow) if part), refresh=False)
        if result.status == "unchanged":  # it took no time, and would make the rest look quick
            bar.total -= 1
            bar.update(0)
        else:
            bar.update()


def event(kind: str, **told: object) -> None:
    """Print one line for a program.

    Parameters
    ----------
    kind
        `started`, `report`, `finished` or `stopped`.
    **told
        What JSON can hold.
    """
    print(json.dumps({"event": kind, **told}, sort_keys=True, ensure_ascii=False), flush=True)


def facts(
    job: Job, status: str, seconds: float = 0.0, problem: Problem | None = None, next_step: str = ""
) -> dict[str, object]:
    """Return what a program is told of one report.

    Parameters
    ----------
    job
        The report.
    status
        `ok`, `failed` or `unchanged`; `pending` in a dry run.
    seconds
        That it took.
    problem, next_step
        Why there is none, and what to do.
    """
    return {
        "audience": job.audience,
        "name": job.name,
        "next_step": next_step,
        "path": job.target.as_posix(),
        "problem": str(problem) if problem else "",
        "school": job.school,
        "seconds": round(seconds, 3),
        "status": status,
    }


@dataclass(frozen=True, slots=True)
class Closing:
    """What is said when the run is over.

    Parameters
    ----------
    plan, run
        What was planned, and what became of it.
    indexes
        The pages to open, one for each audience that has one, in the order of the audiences.
    reading
        Seconds that reading and checking the data took.
    again
        The command that makes the failed reports again.
    """

    plan: Plan
    run: Run
    indexes: Sequence[Path]
    reading: float
    again: str

    @property
    def index(self) -> Path:
        """The one page to open, where only one is told: what failed and why stands in the first, the coach's."""
        return self.indexes[0 if self.run.failed else -1] if self.indexes else self.run.folder

    def tell(self, style: Style) -> None:
        """Say it."""
        if style == "json":
            self._tell_program()
            return
        for line in self._aside():
            click.echo(line, err=True)
        if style != "quiet" or self.run.failed:
            click.echo(self._counts())
            for line in self._times() if style != "quiet" else ():
                click.echo(line)
        for line in (str(self.index),) if style == "quiet" else self._where():
            click.echo(line)

    def _where(self) -> Iterable[str]:
        """The index of each audience, a path a line; what failed and why stands in the one that comes last."""
        yield from (str(path) for path in self.indexes if path != self.index)
        yield str(self.index)

    def _tell_program(self) -> None:
        run = self.run
        made = len(run.results) - len(run.failed) - len(run.unchanged)
        event(
            "finished", failed=len(run.failed), held_secret=list(run.held), index=str(self.index),
            indexes=[str(path) for path in self.indexes], left_out=list(self.plan.left_out), made=made,
            not_made_again=list(run.outdated), seconds=round(run.seconds, 3), stuck=self._stuck(),
            unchanged=len(run.unchanged),
        )  # fmt: skip

    def _aside(self) -> Iterable[str]:
        yield from (f"Left out: {reason}." for reason in self.plan.left_out)
        left = {problem.place for problem, _ in self.run.stuck}
        left |= {one.job.name for one in self.run.failed if not left.isdisjoint(_files_of(one))}
        if gone := [name for name in self.run.held if name not in left]:
            yield f"{held_secret(gone, 'stood')}: each was made again, or lies in no-longer-made/ now."
        if self.run.stuck:
            yield from self._still_there()
        if self.run.outdated:
            yield _older(self.run.outdated, self.plan)
        if self.run.failed:
            yield from self._failures()

    def _still_there(self) -> Iterable[str]:
        """Every file that had to go and did not; a next step that serves several is told once."""
        steps: dict[str, list[Problem]] = {}
        for problem, step in self.run.stuck:
            steps.setdefault(step, []).append(problem)
        yield f"Still in {self.run.folder}:"
        for step, problems in steps.items():
            yield from (f"  {problem}" for problem in problems)
            yield f"    Next: {step}."

    def _stuck(self) -> list[dict[str, str]]:
        told = self.run.stuck
        return [{"next_step": step, "path": problem.place, "problem": str(problem)} for problem, step in told]

    def _failures(self) -> Iterable[str]:
        """Every failed report; what is equal is told once."""
        from pdsa.runner.logs import log_path

        groups: dict[tuple[str, str], list[Result]] = {}
        for result in self.run.failed:
            groups.setdefault((str(result.problem), result.next_step), []).append(result)
        yield "Could not be made:"
        for (problem, step), results in groups.items():
            more = f"; the same for {len(results) - NAMED} other reports" if len(results) > NAMED else ""
            yield f"  {'; '.join(one.job.name for one in results[:NAMED])}{more}"
            yield f"    {problem}"
            yield f"    Next: {step}."
            of = " of the first" if len(results) > 1 else ""
            yield f"    Log{of}: {self.run.folder / log_path(results[0].job.target)}"
        if kept := sum(bool(one.record and one.record.files) for one in self.run.failed):
            yield f"Pages of an earlier run that stand in their place, marked as older in the index: {kept}."
        yield f"When that is mended: {self.again}"
        if "$PDSA_LOG_URL" in self.again:
            yield "PDSA_LOG_URL stands for the address of the improvement log, which is not printed: set it before."

    def _counts(self) -> str:
        run = self.run
        if not run.results and self.plan.again == "failed":
            return f"{nothing_failed(self.plan)}: nothing was made again."
        failed, unchanged = len(run.failed), len(run.unchanged)
        made = len(run.results) - failed - unchanged
        stood = f"{unchanged} unchanged, " * bool(unchanged)
        return f"{made} report{'' if made == 1 else 's'} made, {stood}{failed} failed; {self._took()}."

    def _took(self) -> str:
        """The whole run has start, waiting and indexes in it, so no report's time follows from it."""
        made = [result.seconds for result in self.run.results if result.status == "ok"]
        half = f"; half of the reports took {median(made):.2f} s or less" if len(made) > 1 else ""
        return f"{self.run.seconds:.1f} s in all{half}"

    def _times(self) -> Iterable[str]:
        """Where the time went; what was unchanged took none."""
        made = [result for result in self.run.results if result.status != "unchanged"]
        slow = sorted(made, key=lambda one: -one.seconds)[:SLOWEST]
        told = "; ".join(f"{one.job.name} ({one.seconds:.1f} s)" for one in slow)
        yield f"Reading the data took {self.reading:.1f} s" + (f". Slowest: {told}." if told else ".")


def _files_of(result: Result) -> set[str]:
    return {result.job.target.as_posix(), *(result.record.files if result.record else ())}


def nothing_failed(plan: Plan) -> str:
    """Of what no report failed: of the schools that were named, or at all."""
    from pdsa.texts import listed

    of = f" of {listed(plan.only, 'or')}" if plan.only else ""
    return f"No report{of} failed last time"


def held_secret(names: Sequence[str], stood: str) -> str:
    """Return the beginning of a sentence: in what, for which nobody asked, the search for secrets found one.

    Parameters
    ----------
    names
        Of reports, and paths of other files.
    stood
        `stands` or `stood`.
    """
    return (
        f"The value of an environment variable that may be a secret {stood} in what was not asked for ({_some(names)})"
    )


def _some(names: Sequence[str]) -> str:
    return f"{'; '.join(names[:NAMED])}{f'; {len(names) - NAMED} more' if len(names) > NAMED else ''}"


def _older(names: Sequence[str], plan: Plan) -> str:
    """One line, however many pages of other schools a run for one school leaves as they are."""
    from pdsa.texts import listed

    pages = f"{len(names)} page{'' if len(names) == 1 else 's'} older than today's data, settings or program"
    given = listed(["--only"] * bool(plan.only) + ["--retry-failed"] * (plan.again == "failed"))
    return f"Left as they are, {pages} ({_some(names)}): the same command without {given} looks at them."


def command_again(context: click.Context, skipped: Callable[[str], bool], *, all_changed: bool = False) -> str:
    """Return the same command with the user's own options, for the failed reports alone.

    Parameters
    ----------
    context
        Of the command.
    skipped
        Whether an option, by the name of its parameter, is left out.
    all_changed
        Whether other reports than those that failed will have to be made too.
    """
    import shlex

    words = ["pdsa", context.info_name or ""]
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if isinstance(parameter, click.Argument):
            words.append(shlex.quote(str(value)))
        elif value not in (None, "", False, ()) and value != parameter.default and not skipped(parameter.name or ""):
            words += _given(context, parameter, value)
    return " ".join(words if all_changed else [*words, "--retry-failed"])


def _given(context: click.Context, option: click.Parameter, value: object) -> list[str]:
    """An option as it was given; one that the environment may hold is a secret, and only named."""
    import shlex

    if option.envvar:
        told = context.get_parameter_source(option.name or "") is not click.core.ParameterSource.ENVIRONMENT
        return [option.opts[0], f'"${option.envvar}"'] * told
    many = value if isinstance(value, tuple) else (value,)
    return [option.opts[0]] if value is True else [w for one in many for w in (option.opts[0], shlex.quote(str(one)))]
