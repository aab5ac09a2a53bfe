"""Files that people wrote, as text: the params file, YAML with every value as it stands, and sheets of a workspace."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from pdsa import params as forms
from pdsa.errors import InputError, ParamsError, Problem
from pdsa.read.texts import CsvReader
from pdsa.terms import OBSERVATION_COLUMNS
from pdsa.texts import unguarded

NOTHING = "no report was started"
# A params file is written by hand; anything larger or deeper is a mistake or an attack.
MOST_BYTES, MOST_DEPTH = 65_536, 8
# Sheets of more bytes than this are looked at whether they may be read quickly.
MANY_BYTES = 1_000_000
# Longer lines may hold cells that are too long to be told apart.
LONGEST = 100_000
CONTROL = re.compile(b'["\x00-\x09\x0b-\x1f]')
# Written as "\0" or "\uD800" in quotes: the disk takes no path that holds one, and no page can show it.
UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def params_file(path: Path) -> Path:
    """The params file itself, or the only one in a workspace folder's `params/`."""
    if path.is_file():
        return path
    found = sorted((path / "params").glob("*.yaml")) if path.is_dir() else []
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} files in params/" if path.is_dir() else "nothing there"
    expected = f"the path of one of them: {', '.join(file.name for file in found)}" if found else "a params file"
    raise ParamsError(str(path), (Problem("the path", what, expected),), NOTHING)


def form(model: type[forms.M], file: Path) -> forms.M:
    """The checked form that a YAML file holds."""
    return forms.build(model, read_yaml(text_of(file), file.name), file.name)


def text_of(file: Path) -> str:
    """The text of a file in UTF-8, or a ParamsError that says what is wrong with it."""
    if not file.is_file():
        raise ParamsError(file.name, (Problem("the file", f"nothing at {file}", "a file"),), NOTHING)
    try:
        return _data(file).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        problem = Problem(f"byte {error.start + 1}", "text that is not UTF-8", "a file saved as UTF-8")
        raise ParamsError(file.name, (problem,), NOTHING) from error


def _data(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        error.filename = error.filename or str(file)  # the system names the file only where it cannot be opened
        raise


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A CSV file as found: every cell as text, and the row of each record as a spreadsheet shows it."""

    name: str
    frame: pd.DataFrame
    rows: NDArray[np.int64]

    def records(self) -> list[tuple[int, dict[str, str]]]:
        """Each row with its number, as a dictionary by the names of the columns."""
        cells = self.frame.to_numpy(dtype=object).tolist()
        return [
            (row, dict(zip(self.frame.columns, one, strict=True)))
            for row, one in zip(self.rows.tolist(), cells, strict=True)
        ]


def read_sheet(file: Path, *, reserved: bool = False) -> Sheet:
    """The rows of a CSV file of the workspace; a header alone is a sheet that nobody has filled in yet.

    Parameters
    ----------
    file
        The file.
    reserved
        Whether columns may be called `source` and `row`.

    Raises
    ------
    InputError
        With every problem of the file: see `read.read_csv`.
    """
    if not file.is_file():
        raise ParamsError(file.name, (Problem("the file", f"nothing at {file}", "a file"),), NOTHING)
    return sheet_of(file.name, _data(file), reserved=reserved)


def sheet_of(name: str, data: bytes, *, reserved: bool = False) -> Sheet:
    """The rows that the bytes of a CSV file hold; see `read_sheet`."""
    if len(data) > MANY_BYTES and (plain := plain_frame(data)) is not None:
        return Sheet(name, _unguarded(plain, data), np.arange(2, len(plain) + 2, dtype=np.int64))
    header, filled = _head(data)
    if header and not filled:
        return Sheet(name, pd.DataFrame({one: pd.Series([], dtype="str") for one in header}), np.zeros(0, np.int64))
    reader = CsvReader("", {})
    columns = reader.read(data, header if reserved else ())
    if reader.problems:
        raise InputError(name, tuple(reader.problems), NOTHING)
    frame = pd.DataFrame({one: pd.Series(cells, dtype="str") for one, cells in columns.items()})
    return Sheet(name, _unguarded(frame, data), np.array(reader.rows, dtype=np.int64))


def _unguarded(frame: pd.DataFrame, data: bytes) -> pd.DataFrame:
    """The cells without the apostrophes that keep spreadsheets from running them."""
    if b"'" not in data:
        return frame
    return pd.DataFrame({name: column.map(unguarded) for name, column in frame.items()})


def plain_frame(data: bytes) -> pd.DataFrame | None:
    """The cells of a CSV file in which nothing needs care, quickly; None where something might.

    No quotes, no control characters, UTF-8, known names of columns, as many cells in every line, and no empty line:
    then cells are what stands between commas, and each line is one row.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    head = data[: data.find(b"\n")].decode("utf-8", "replace").split(",")
    if not set(head) <= {*OBSERVATION_COLUMNS} or len(set(head)) < len(head) or CONTROL.search(data):
        return None
    bytes_ = np.frombuffer(data if data.endswith(b"\n") else data + b"\n", dtype=np.uint8)
    ends = np.flatnonzero(bytes_ == ord("\n"))
    commas = np.searchsorted(np.flatnonzero(bytes_ == ord(",")), ends)
    even = (np.diff(commas, prepend=0) == len(head) - 1).all() and np.diff(ends, prepend=-1).max() < LONGEST
    if not even or len(head) < 2 or len(ends) < 2:
        return None
    try:
        return pd.read_csv(
            io.BytesIO(data), dtype="str", na_filter=False, quoting=csv.QUOTE_NONE, encoding="utf-8",
            encoding_errors="strict", skip_blank_lines=False, index_col=False,
        )  # fmt: skip
    except UnicodeDecodeError:
        return None


def _head(data: bytes) -> tuple[tuple[str, ...], bool]:
    """The header, () where it cannot be read, and whether any row follows it."""
    text = data.decode("utf-8-sig", "surrogateescape")
    try:
        found = list(
            islice((record for record in csv.reader(io.StringIO(text, newline=""), strict=True) if any(record)), 2)
        )
    except csv.Error:
        return (), True
    return tuple(found[0]) if found else (), len(found) > 1


def sheet(model: type[forms.M], file: Path, unique: str = "") -> tuple[forms.M, ...]:
    """A checked form for each row of a CSV file, no two with the same text in the column `unique`."""
    return forms.build_rows(model, read_sheet(file).records(), file.name, unique)


class _TextLoader(yaml.BaseLoader):
    """Every scalar as text; duplicate keys, anchors, aliases, tags and deep nesting are refused."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, "an anchor or alias", "the value written out")
        if getattr(event, "tag", None):
            self._refuse(event, f"the tag {event.tag}", "a plain value")
        self.depth += 1
        if self.depth > 2 * MOST_DEPTH:
            self._refuse(event, "lists within lists", f"at most {MOST_DEPTH} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        if isinstance(node, yaml.ScalarNode) and (unshown := UNSHOWN.search(node.value)):
            self._refuse(node, f"a character that cannot be shown (U+{ord(unshown[0]):04X})", "a text without it")
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(key, "a key that is no word", "a word before the colon")
            if key.value != key.value.strip():
                self._refuse(key, f"blanks around {key.value.strip()!r}", "the key without them")
            if key.value in seen:
                self._refuse(key, f"{key.value} twice", "each key once")
            seen[key.value] = key
        return super().construct_mapping(node, deep=True)

    @staticmethod
    def _refuse(where: Any, found: str, expected: str) -> None:
        raise _RefusedError(where.start_mark.line + 1, found, expected)


class _RefusedError(Exception):
    """Where a YAML file uses what a params file must not use."""

    def __init__(self, line: int, found: str, expected: str) -> None:
        super().__init__(line, found, expected)
        self.line, self.found, self.expected = line, found, expected


def read_yaml(text: str, source: str) -> dict[str, Any]:
    """The mapping that a YAML text holds, every scalar as text.

    Raises
    ------
    ParamsError
        Not YAML, not one mapping, too large, too deep, duplicate keys, anchors, aliases or tags.
    """
    if (size := len(text.encode("utf-8", "surrogatepass"))) > MOST_BYTES:
        _fail(source, "the file", f"{size} bytes", f"at most {MOST_BYTES}")
    try:
        found = yaml.load(text.removeprefix("\ufeff"), Loader=_TextLoader)  # noqa: S506 (derived from BaseLoader)
    except _RefusedError as problem:
        _fail(source, f"line {problem.line}", problem.found, problem.expected)
    except yaml.MarkedYAMLError as problem:
        _fail(source, *_yaml_words(problem))
    except (yaml.YAMLError, RecursionError) as problem:
        at = getattr(problem, "position", 0)
        line = text.removeprefix("\ufeff").count("\n", 0, at) + 1
        _fail(source, f"line {line}", str(problem).splitlines()[0], "plain text in YAML")
    if not isinstance(found, dict):
        what = f"the text {found[:40]!r}" if isinstance(found, str) and found else "a list" if found else "nothing"
        _fail(source, "the file", what, "keys and values, such as name: example")
    return found  # type: ignore[no-any-return]


# Part of the parser's message, what was found and what is expected, and whether the line where it began is named.
_YAML = (
    ("'\\t'", "a tab", "blanks: YAML is indented with blanks only", False),
    ("cannot start any token", "a value that begins with a special character", "the value in quotes", False),
    ("unexpected end of stream", "a quote that is never closed", "the closing quote", True),
    ("another document", "a second document after ---", "one document", False),
    ("YAML document (version", "a %YAML line", "the file without it", False),
    ("mapping values", "a second colon or lines that do not align", "key: value, a text with a colon in quotes", False),
    ("could not find expected ':'", "a line without a colon", "key: value", True),
    ("expected ',' or", "a bracket that is never closed", "the closing bracket", True),
    ("<block", "a line that does not align with those above it", "the same number of blanks before each key", False),
)


def _yaml_words(error: yaml.MarkedYAMLError) -> tuple[str, str, str]:
    """Line, found and expected of the parser's complaint."""
    told = str(error.problem or error.context)
    words = ("", told.removeprefix("found "), "valid YAML", False)
    _, found, expected, begun = next((one for one in _YAML if one[0] in told), words)
    mark = (error.context_mark if begun else None) or error.problem_mark or error.context_mark
    return f"line {mark.line + 1 if mark else 1}", found, expected


def _fail(source: str, place: str, found: str, expected: str) -> None:
    raise ParamsError(source, (Problem(place, found, expected),), NOTHING)
