"""What a command did with a file, compared with what was decided to be right."""

from __future__ import annotations

import csv
import io
import math
import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from click.testing import CliRunner

from cases import AS_OF, Case, Row, data, rows, table
from cases.xlsx_cases import book
from pdsa.cli import pdsa
from pdsa.errors import PdsaError

Word = Literal["right", "silently wrong", "wrongly refused", "message incomplete", "crashed"]
WORDS: tuple[Word, ...] = ("right", "silently wrong", "wrongly refused", "message incomplete", "crashed")
ASKED = "measure=attendance"  # what no header of the cases says
KEY = re.compile(r"--answer\s+[\"']?([^=\n]+?)=")
WITHOUT_VALUE = ("missing", "suppressed", "excluded", "not_applicable", "error")
GOOD_BOOK = book()
# How a spreadsheet is told to run a cell; a number may begin with a minus.
FORMULA = re.compile(r"[=+@\t\r]|-(?![0-9.]+$)")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command returned and printed."""

    code: int
    output: str

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(KEY.findall(self.output)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The judgement, and what led to it."""

    word: Word
    detail: str = ""


def ran(*arguments: object) -> Ran:
    """What `pdsa` returns and prints, in this process, as `pdsa.cli.main` would."""
    result = CliRunner().invoke(pdsa, [str(one) for one in arguments], standalone_mode=False)
    error = result.exception
    if error is None:
        return Ran(0, result.output)
    if isinstance(error, SystemExit):
        return Ran(error.code if isinstance(error.code, int) else 1, result.output)
    if isinstance(error, PdsaError):
        return Ran(error.exit_code, f"{result.output}\n{error}")
    if hasattr(error, "format_message"):
        return Ran(2, f"{result.output}\n{error.format_message()}")
    return Ran(3, result.output + "".join(traceback.format_exception(error)))


def imported(case: Case, folder: Path, answers: Sequence[str] = (), command: Callable[..., Ran] = ran) -> Ran:
    """The case's file through the public command, unattended; that its counts are attendance no header says."""
    file = folder.parent / case.file
    file.write_bytes(case.make())
    return taken(case, folder, (ASKED, *answers), command)


def taken(case: Case, folder: Path, answers: Sequence[str], command: Callable[..., Ran]) -> Ran:
    """The file beside the workspace through the public command."""
    file = folder.parent / case.file
    given = [part for answer in answers for part in ("--answer", answer)]
    return command("import", file, "--into", folder, "--as-of", AS_OF, "--batch", *given)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def lacking(patterns: Sequence[str], output: str) -> list[str]:
    """The patterns that are not found, in whatever letters."""
    return [one for one in patterns if not re.search(one, output, re.IGNORECASE)]


def judge(case: Case, folder: Path, command: Callable[..., Ran] = ran) -> Outcome:
    """What the command did with a case's file, in a workspace that this may change.

    Parameters
    ----------
    folder
        A workspace without observations.
    command
        Runs `pdsa`: in this process or in another.
    """
    before = contents(folder)
    first = imported(case, folder, command=command)
    if first.code not in (0, 2) or "Traceback" in first.output:
        return Outcome("crashed", first.output[-1500:])
    if seen := [one for one in case.hidden if one in first.output]:
        return Outcome("silently wrong", f"printed {seen}")
    if first.code == 2 and contents(folder) != before:
        return Outcome("silently wrong", "refused or asked, and wrote into the workspace")
    if case.decision == "accept":
        return _accepted(case, folder, first, command)
    if first.code == 0:
        return Outcome("silently wrong", f"should {case.decision}; {first.output[-800:]}")
    if case.decision == "ask":
        return _asked(case, folder, first, command)
    return _complete(case, first)


def _complete(case: Case, run: Ran) -> Outcome:
    """Whether a refusal or a question has its place, value and next step."""
    next_step = () if run.keys else ("Next:",)
    if absent := lacking((*case.message, *next_step), run.output):
        return Outcome("message incomplete", f"lacks {absent} in: {run.output[:1500]}")
    return Outcome("right")


def _accepted(case: Case, folder: Path, run: Ran, command: Callable[..., Ran]) -> Outcome:
    if run.code != 0:
        return Outcome("wrongly refused", run.output[:1500])
    if wrong := differences(case.rows, stored(folder)):
        return Outcome("silently wrong", "; ".join(wrong[:6]))
    if unsafe := would_run(folder):
        return Outcome("silently wrong", f"a spreadsheet would run {unsafe[0]}")
    checked = command("check", folder)
    if checked.code != 0:
        return Outcome("silently wrong", f"what was written is refused: {checked.output[:800]}")
    kept = stored(folder)
    again = taken(case, folder, (), command)
    if again.code != 0:
        return Outcome("wrongly refused", f"the second time, without answers: {again.output[:1500]}")
    if stored(folder) != kept:
        return Outcome("silently wrong", "the second time, without answers, the rows differ")
    if absent := lacking(case.told, run.output):
        return Outcome("message incomplete", f"does not tell {absent} in: {run.output[:1500]}")
    return Outcome("right")


def _asked(case: Case, folder: Path, run: Ran, command: Callable[..., Ran]) -> Outcome:
    """A question of the right key, complete, whose answer leads to the right rows."""
    if not any(re.fullmatch(case.key, key) for key in run.keys):
        return Outcome("wrongly refused", f"asks {list(run.keys)}, not {case.key}: {run.output[:1500]}")
    complete = _complete(case, run)
    if complete.word != "right":
        return complete
    answers: dict[str, str] = {}
    for _ in range(4):
        for key in run.keys:
            answer = _answer(case, key, run.output)
            if answer is None or key in answers:
                return Outcome("wrongly refused", f"asks {key} (given {answers}): {run.output[:1500]}")
            answers[key] = answer
        run = imported(case, folder, [f"{key}={answer}" for key, answer in answers.items()], command)
        if run.code == 3:
            return Outcome("crashed", run.output[-1500:])
        if run.code == 0 or not run.keys:
            return _accepted(case, folder, run, command)
    return Outcome("wrongly refused", f"asks again and again: {run.output[:800]}")


def _answer(case: Case, key: str, output: str) -> str | None:
    """The first of the case's answers to this key that the command offers."""
    for pattern, words in case.answers:
        if re.fullmatch(pattern, key):
            return next((word for word in words if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", output)), None)
    return None


def judge_next_month(case: Case, folder: Path, command: Callable[..., Ran] = ran) -> Outcome:
    """What an unattended run makes of a case's file, with the mapping that the good file left behind.

    Nothing wrong may come in. A file of another shape may be refused here although a person could import it.
    """
    good = folder.parent / f"weekly{Path(case.file).suffix if case.file.startswith('weekly') else '.csv'}"
    good.write_bytes(GOOD_BOOK() if good.suffix.startswith(".xls") else data(table()))
    good = good.rename(good.with_suffix(".xlsx")) if good.suffix.startswith(".xls") else good
    start = command(
        "import", good, "--into", folder, "--as-of", AS_OF, "--batch", "--name", "weekly", "--answer", ASKED
    )
    if start.code != 0:
        return Outcome("wrongly refused", start.output)
    file = folder.parent / f"next-{case.file}"
    file.write_bytes(case.make())
    run = command("import", file, "--into", folder, "--as-of", AS_OF, "--batch", "--name", "weekly")
    if run.code not in (0, 2) or "Traceback" in run.output:
        return Outcome("crashed", run.output[-1500:])
    if run.code == 2:
        return Outcome("right")
    if case.decision != "accept":
        return Outcome("silently wrong", f"should {case.decision}; {run.output[-900:]}")
    keys = {row.key for row in case.rows}
    before = [row for row in rows() if row.key not in keys]  # what the good file said and this one does not
    wrong = differences((*case.rows, *before), stored(folder))
    return Outcome("silently wrong", "; ".join(wrong[:6])) if wrong else Outcome("right")


def _key(row: dict[str, str]) -> tuple[str, str, str, str]:
    return shown(row["school"]), row["measure"], row["period"], shown(row.get("group", ""))


def stored(folder: Path) -> list[dict[str, str]]:
    """All observations of a workspace, as text."""
    found: list[dict[str, str]] = []
    for path in sorted((folder / "observations").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += [dict(row) for row in csv.DictReader(file)]
    return found


def would_run(folder: Path) -> list[str]:
    """Cells of CSV files that a spreadsheet would take for a formula."""
    found = []
    for path in folder.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found += [cell for row in csv.reader(file) for cell in row if FORMULA.match(cell)]
    return found


def differences(expected: Sequence[Row], found: Sequence[dict[str, str]]) -> list[str]:
    """How stored rows differ from the expected ones, in words; nothing if they do not."""
    wrong = []
    there: dict[tuple[str, str, str, str], dict[str, str]] = {}
    for row in found:
        key = _key(row)
        if key in there:
            wrong.append(f"{key} twice")
        there[key] = row
    wanted = {row.key: row for row in expected}
    wrong += [f"lacks {key}" for key in wanted if key not in there]
    wrong += [f"has {key} {there[key]}" for key in there if key not in wanted]
    for key, row in wanted.items():
        if key in there and (difference := _difference(row, there[key])):
            wrong.append(f"{key}: {difference}")
    return wrong


def shown(text: str) -> str:
    """A text of ours without the apostrophe that keeps a spreadsheet from running it."""
    return text[1:] if text[:1] == "'" and FORMULA.match(text[1:]) else text


def _difference(expected: Row, found: dict[str, str]) -> str:
    statuses = (expected.status,) if isinstance(expected.status, str) else expected.status
    status = found.get("status") or "reported"
    if status not in statuses:
        return f"status {status}, not {expected.status}"
    value, top, below = (_number(found.get(name, "")) for name in ("value", "numerator", "denominator"))
    share = value if value is not None else top / below if top is not None and below else None
    if status in WITHOUT_VALUE:
        if share is not None:
            return f"{status} with the value {share}"
    elif expected.value is not None and not _same(expected.value, share):
        return f"value {share}, not {expected.value}"
    for name, wanted, have in (("numerator", expected.numerator, top), ("denominator", expected.denominator, below)):
        if not (wanted is not None and math.isnan(wanted)) and not _same(wanted, have):
            return f"{name} {have}, not {wanted}"
    return ""


def _number(text: str) -> float | None:
    return float(text) if text else None


def _same(wanted: float | None, have: float | None) -> bool:
    if wanted is None or have is None:
        return wanted is have
    return math.isnan(wanted) or math.isclose(wanted, have, rel_tol=1e-9)


def naive(case: Case) -> Outcome:
    """What `pandas.read_csv` alone makes of a case, with the usual `parse_dates`.

    Rows that agree are right; an exception is right where the file must not be read, though no teacher can use it.
    """
    try:
        frame = pd.read_csv(io.BytesIO(case.make()), parse_dates=["week"])
        found = [_naive_row(row) for row in frame.to_dict("records")]
    except (ValueError, KeyError, pd.errors.ParserError, UnicodeError, OverflowError, TypeError) as error:
        return Outcome("wrongly refused" if case.decision == "accept" else "message incomplete", str(error)[:80])
    if case.decision != "accept" or differences(case.rows, found):
        return Outcome("silently wrong")
    return Outcome("right")


def _naive_row(row: dict[str, object]) -> dict[str, str]:
    """A row of pandas as an observation, its texts as pandas has made them."""

    def text(name: str) -> str:
        return "" if pd.isna(row.get(name)) else str(row[name])  # type: ignore[call-overload]

    day = row["week"]
    return {
        "school": text("school"),
        "measure": "attendance",
        "period": f"{day:%Y-%m-%d}" if isinstance(day, pd.Timestamp) else str(day),
        "group": text("race") or text("group") or text("gender"),
        "value": text("attendance_pct"),
        "numerator": text("present"),
        "denominator": text("enrolled"),
        "status": "",
    }


def counted(outcomes: Sequence[Outcome]) -> tuple[int, ...]:
    """How many of each word, in the order of `WORDS`."""
    return tuple(sum(one.word == word for one in outcomes) for word in WORDS)
