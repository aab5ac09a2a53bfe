"""Lists of records with named fields (XML, JSON) -> Grid with the names as row 0."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pdsa.errors import InputError, Problem
from pdsa.read.columns import Coder, check_cells, control_fact, without_controls
from pdsa.read.encodings import decoded, encoding_fact
from pdsa.read.grid import Fact, Grid
from pdsa.read.markup import find_rows, row_columns
from pdsa.read.options import ReadOptions
from pdsa.read.texts import BrokenError, Columns, parse_xml
from pdsa.read.unpack import counted, listed

__all__ = ["json_grid", "xml_grid"]

MAX_FIELDS = 500
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
UTF16 = (b"\xff\xfe", b"\xfe\xff")
EXPORT = "export it again, and run the same command again"


def xml_grid(source: str, data: bytes, options: ReadOptions) -> Grid:
    """The row elements of an XML document, each child element (or attribute, as `@name`) a column.

    Raises
    ------
    InputError
        If the document is not well-formed, declares a document type, or has no repeated element with fields.
    """
    facts = []
    kept = data.translate(None, bytes(options.strip)) if options.strip else data
    if len(kept) < len(data):
        facts.append(Fact("control characters", "", f"{len(data) - len(kept)} unwanted bytes removed, as told"))
    if not kept.startswith(UTF16) and (found := CONTROLS.search(kept)):
        cleaned = CONTROLS.sub(b"", kept)
        facts.append(_control_fact(kept, found, len(kept) - len(cleaned)))
        kept = cleaned
    try:
        root = parse_xml(kept)
        row, fact = (options.row, None) if options.row else find_rows(root)
        columns = row_columns(root, row) if row else {}
    except BrokenError as error:
        raise _broken(source, f"an XML document that cannot be read ({error})", "a well-formed document") from error
    if not columns:
        wanted = f"elements <{options.row}> with fields" if options.row else "an element that is repeated for every row"
        raise _broken(source, "no rows", wanted)
    return _grid(source, columns, [*facts, *([fact] if fact else [])])


def json_grid(source: str, data: bytes, options: ReadOptions) -> Grid:
    """The objects of a JSON list, or of JSON lines, each field a column (nested ones as `outer.inner`).

    Raises
    ------
    InputError
        If it is no JSON, has a name twice in one object, or holds no list of objects.
    """
    text, guessed = decoded(source, data, options.encoding)
    found, facts = _list_of_objects(source, _loaded(source, text), options.row)
    rows = [dict(_flat(one)) for one in found]
    names = dict.fromkeys(name for row in rows for name in row)
    if not names:
        raise _broken(source, "no records", "a list of objects with fields")
    _check_fields(source, names)
    columns = {name: [row.get(name, "") for row in rows] for name in names}
    grid = _grid(source, columns, facts)
    if control := control_fact(grid):
        columns = {without_controls(name): list(map(without_controls, texts)) for name, texts in columns.items()}
        grid = _grid(source, columns, [*facts, control])
    return replace(grid, facts=(encoding_fact(grid), *grid.facts)) if guessed else grid


def _grid(source: str, columns: Columns, facts: Sequence[Fact]) -> Grid:
    _check_fields(source, columns)
    coded = []
    for name, texts in columns.items():
        coder = Coder()
        coder.add([name])
        coder.add(texts)
        coded.append(coder.coded())
    rows = np.arange(len(coded[0].codes), dtype=np.int64)
    widths = np.full(len(rows), len(coded), dtype=np.int64)
    return check_cells(source, Grid(source, tuple(coded), rows, widths, header=0, facts=tuple(facts)))


def _check_fields(source: str, names: Iterable[str]) -> None:
    if (count := len(tuple(names))) > MAX_FIELDS:
        raise _broken(source, counted(count, "field"), f"at most {MAX_FIELDS}")


def _control_fact(data: bytes, found: re.Match[bytes], count: int) -> Fact:
    names = ", ".join(f"0x{byte:02X}" for byte in sorted({byte for [byte] in CONTROLS.findall(data)}))
    before = data[: found.start()]
    around = data[max(0, found.start() - 20) : found.end() + 20].decode("utf-8", "replace")
    words = f"{counted(count, 'control character')} ({names}) that XML forbids, left out: near {around!r}"
    return Fact("control characters", f"line {before.count(10) + 1}", words, ask=True)


def _loaded(source: str, text: str) -> Any:
    """The whole document, or the documents of its lines."""
    try:
        return _parsed(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or error.msg != "Extra data":
            raise _unreadable(source, error, 0) from error
    except (RecursionError, _RepeatedNameError) as error:
        raise _broken(source, f"a JSON document that cannot be read ({error})", "a list of records") from error
    return list(_parsed_lines(source, text))


def _parsed_lines(source: str, text: str) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield _parsed(line)
        except json.JSONDecodeError as error:
            raise _unreadable(source, error, number) from error
        except (RecursionError, _RepeatedNameError) as error:
            raise _broken(source, f"line {number}: {error}", "one record in every line") from error


class _RepeatedNameError(Exception):
    """An object has a name twice: nobody knows which value counts."""


def _parsed(text: str) -> Any:
    """JSON with its numbers as they are written, not as floats."""
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RepeatedNameError(f"the name {twice!r} twice in one object")
    return found


def _list_of_objects(source: str, document: Any, wanted: str) -> tuple[list[Mapping[str, Any]], list[Fact]]:
    """The list of objects in a document, and a question if there are several lists."""
    lists = dict(_lists(document))
    if not lists or (wanted and wanted not in lists and "" not in lists):
        raise _broken(source, "no list of records", f"a list of objects{f' named {wanted}' if wanted else ''}")
    if wanted in lists:
        return lists[wanted], []
    longest = max(lists, key=lambda name: len(lists[name]))
    if len(lists) > 1:
        words = f"lists of records named {listed(tuple(lists))}; the longest, {longest}, is read"
        return lists[longest], [Fact("row element", "", words, ask=True)]
    return lists[longest], [Fact("row element", "", f"rows are the {len(lists[longest])} records in {longest}")]


def _lists(document: Any, name: str = "") -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """The lists of objects in a document that is one, or that holds them under names (`outer.inner`)."""
    if isinstance(document, list):
        if document and all(isinstance(one, dict) for one in document):
            yield name, document
    elif isinstance(document, dict):
        for key, found in document.items():
            yield from _lists(found, f"{name}.{key}" if name else key)


def _flat(found: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, list):
            yield f"{before}{name}", json.dumps(value, ensure_ascii=False) if value else ""
        elif isinstance(value, bool):
            yield f"{before}{name}", "true" if value else "false"
        else:
            yield f"{before}{name}", value or ""


def _unreadable(source: str, error: json.JSONDecodeError, line: int) -> InputError:
    place = f"line {line or error.lineno}, character {error.colno}"
    problem = Problem(place, f"text that is no JSON ({error.msg})", "a JSON list of records, or one record a line")
    return InputError(source, (problem,), next_step=EXPORT)


def _broken(source: str, found: str, expected: str) -> InputError:
    return InputError(source, (Problem(source, found, expected),), next_step=EXPORT)
