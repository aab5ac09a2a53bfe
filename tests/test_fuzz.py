"""Whatever bytes are given: rows that mean the same when written and read again, questions, or a refusal in words.

Set PDSA_FUZZ_EXAMPLES for more than 300 files; `make bench` tries 10,000 under a watch on time and memory.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import AS_OF, HEADER, changed, data, table
from cases.broken import WORDS, edited, files, valid
from pdsa.errors import InputError
from pdsa.mapping.draft import Draft, draft, known_of, options_of
from pdsa.read import Grid, grids_of, read_grids
from pdsa.records.imports import Mapping, Question
from pdsa.terms import STATUSES
from pdsa.workspace.rows import observations_csv

EXAMPLES = int(os.environ.get("PDSA_FUZZ_EXAMPLES", "300"))
MOST_SECONDS = 5.0  # of the processor, for one file
ROUNDS = 6  # of questions
KNOWN = known_of((), ())
FREE = {"measure": "attendance", "school-id": "0012"}  # answers to questions without choices; else a day
MEANING = ["school", "measure", "period", "group_dim", "group", "status", "value", "numerator", "denominator"]
PLENTY = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


class AskedAgainError(AssertionError):
    """A question that was answered is asked again."""


def answer_to(question: Question) -> str:
    """The first choice that goes on, or some text."""
    words = [one.word for one in question.choices if one.word != "stop"]
    return words[0] if words else FREE.get(question.key, "2025-09-08")


def rows_of(
    name: str, content: bytes, rounds: int = ROUNDS, answer: Callable[[Question], str] = answer_to
) -> pd.DataFrame | None:
    """The observations of a file when every question is answered by its first choice; None where it goes on asking.

    Raises
    ------
    InputError
        The file is refused, or somebody must mend it.
    """
    answers = {"measure": "attendance"}
    for _ in range(rounds):
        base = Mapping("fuzz", decisions=tuple(answers.items()))
        drafted = drafted_of(grids_of(name, content, options_of(base)), base)
        drafted.remarks.settle(name)
        if not drafted.remarks.questions:
            assert drafted.imported is not None, "neither rows nor a word"
            return drafted.imported.frame
        check_questions(drafted, answers if answer is answer_to else {})
        for one in drafted.remarks.questions:
            if one.key == "use" and one.choices:  # which of the columns is meant
                answers[f"use:{one.choices[0].word.removesuffix('=MEASURE')}"] = "attendance"
            answers[one.key] = answer(one)
    return None


def drafted_of(grids: tuple[Grid, ...], base: Mapping) -> Draft:
    return draft(grids, base, KNOWN, new=True, as_of=date.fromisoformat(AS_OF))


def check_questions(drafted: Draft, answers: dict[str, str]) -> None:
    """Every question has its place and evidence, and none is asked after its answer."""
    for one in drafted.remarks.questions:
        assert one.key and one.place and one.found and one.ask, one
        if one.key in answers and one.choices and one.key != "use":
            raise AskedAgainError(one)


def check_refusal(error: InputError) -> None:
    """Every problem has its place, what was found and what was expected, and there is a next step."""
    assert error.problems and error.next_step and error.source
    for problem in error.problems:
        assert problem.place and problem.found and problem.expected, problem


def check_rows(frame: pd.DataFrame) -> None:
    """Nothing that an observation cannot be."""
    assert len(frame) > 0
    assert frame["school"].astype(str).str.strip().ne("").all()
    assert frame["status"].astype(str).isin(STATUSES).all()
    assert frame["period"].between("1990-01-01", "2100-12-31").all()
    parts = frame[["value", "numerator", "denominator"]].to_numpy(dtype=float)
    assert not np.isinf(parts).any()
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(np.isnan(parts[:, 0]), parts[:, 1] / parts[:, 2], parts[:, 0])
    status = frame["status"].astype(str).to_numpy()
    seen = np.isin(status, ("reported", "top_coded", "bottom_coded"))
    assert np.isnan(share[~seen]).all()
    attendance = seen & (frame["measure"].astype(str) == "attendance").to_numpy()
    assert ((share[attendance] >= 0) & (share[attendance] <= 1)).all()
    keys = frame[["school", "measure", "period", "group_dim", "group"]].astype(str)
    assert not keys.duplicated().any()


def check_numbers(frame: pd.DataFrame, content: bytes) -> None:
    """No count that does not stand in the file: bad cells never become numbers."""
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    plain = re.sub(r"(?<=[0-9])[,\u00a0\u202f\u2009'](?=[0-9]{3})", "", text)
    forms = (r"[0-9]+", r"[0-9]*\.[0-9]+", r"[0-9]+,[0-9]+")
    found = [one for form in forms for one in re.findall(form, f"{text}\n{plain}")]
    written = {float(one.replace(",", ".")) for one in found}
    counts = frame[["numerator", "denominator"]].to_numpy(dtype=float).ravel()
    counted = set(counts[np.isfinite(counts)].tolist())
    assert counted <= written | {float(round(number)) for number in written}, counted - written


def check_again(frame: pd.DataFrame) -> None:
    """Written as observations and imported once more, the rows mean the same."""
    again = rows_of("again.csv", observations_csv(frame))
    assert again is not None
    pd.testing.assert_frame_equal(meaning(frame), meaning(again), check_dtype=False)


def meaning(frame: pd.DataFrame) -> pd.DataFrame:
    """What the rows say, in one order."""
    texts = {name: frame[name].astype(str) for name in ("school", "measure", "group_dim", "group", "status")}
    plain = frame[MEANING].assign(**texts)
    return plain.sort_values(["school", "measure", "period", "group_dim", "group"], ignore_index=True)


def judged(name: str, content: bytes) -> str:
    """What came of a file: `rows`, `questions` or `refused`; anything else is an error of ours."""
    start = time.process_time()
    try:
        frame = rows_of(name, content)
    except InputError as error:
        check_refusal(error)
        return "refused"
    finally:
        assert time.process_time() - start < MOST_SECONDS
    if frame is None:
        return "questions"
    check_rows(frame)
    if name in ("a.csv", "a.tsv", "a.txt"):
        check_numbers(frame, content)
    check_again(frame)
    return "rows"


@PLENTY
@given(files())
def test_any_bytes_are_rows_questions_or_a_refusal(file: tuple[str, bytes]) -> None:
    judged(*file)


def test_the_files_that_are_changed_are_good_before() -> None:
    assert [judged(name, content) for name, content in valid()] == ["rows"] * len(valid())


@settings(PLENTY, max_examples=20)
@given(files())
def test_the_same_through_the_child(tmp_path_factory: object, file: tuple[str, bytes]) -> None:
    """The child answers with the same grids, or the same refusal."""
    name, content = file
    path = Path(tmp_path_factory.mktemp("fuzz")) / name  # type: ignore[attr-defined]
    path.write_bytes(content)
    try:
        here: object = [cells(grid) for grid in grids_of(name, content)]
    except InputError as error:
        here = [str(one) for one in error.problems]
    try:
        there: object = [cells(grid) for grid in read_grids(path)]
    except InputError as error:
        check_refusal(error)
        there = [str(one) for one in error.problems]
    assert here == there


def cells(grid: Grid) -> list[object]:
    """All that a grid says, to be compared."""
    return [
        grid.source,
        grid.rows.tolist(),
        grid.header,
        *([column.at(k) for k in range(len(grid.rows))] for column in grid.columns),
    ]


@PLENTY
@given(st.integers(2, 25), st.sampled_from(HEADER), WORDS)
def test_a_changed_cell_changes_its_own_row_only(row: int, column: str, word: str) -> None:
    """Whatever stands in one cell: the other rows stay as they are, or nothing is imported."""
    file = data(changed(row, **{column: word.replace("\r", " ")}))  # a lone return begins a new line
    try:
        frame = rows_of("a.csv", file, rounds=1)
    except InputError as error:
        check_refusal(error)
        return
    if frame is None:
        return
    good = rows_of("a.csv", data(table()), rounds=1)
    assert good is not None
    others = meaning(good[good["row"] != row]), meaning(frame[frame["row"] != row])
    pd.testing.assert_frame_equal(*others, check_dtype=False)
    check_rows(frame)
    check_numbers(frame, file)


@PLENTY
@given(edited(), st.lists(st.one_of(st.integers(0, 6), WORDS), min_size=1, max_size=4))
def test_any_answer_is_taken_or_refused(file: tuple[str, bytes], words: list[int | str]) -> None:
    """People type anything after --answer KEY=."""
    given_words = iter(words * ROUNDS * 20)

    def typed(question: Question) -> str:
        word = next(given_words)
        if isinstance(word, str):
            return word
        return question.choices[word % len(question.choices)].word if question.choices else answer_to(question)

    try:
        frame = rows_of(*file, answer=typed)
    except InputError as error:
        check_refusal(error)
    else:
        if frame is not None:
            check_rows(frame)


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)


@settings(PLENTY, max_examples=min(EXAMPLES, 100))
@given(TEXTS)
def test_a_school_of_any_name_is_that_school_or_refused(name: str) -> None:
    """Names are texts: what a spreadsheet, a page or a folder would make of them is not our affair here."""
    quoted = '"' + name.replace('"', '""') + '"'
    content = f"school,week,present,enrolled\n{quoted},2025-09-08,36,40\n0107,2025-09-08,40,52\n0184,2025-09-08,28,30\n"
    judged("a.csv", content.encode())
