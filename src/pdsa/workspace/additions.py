"""What a workspace declares, and rows added to it: what stands in the files stays as it is, byte for byte."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pdsa import params as forms
from pdsa.errors import InputError, Problem
from pdsa.publish import write_atomic
from pdsa.records import Annotation, Measure, Network, School
from pdsa.workspace.files import form, sheet

__all__ = ["Declared", "add_annotations", "add_measures", "add_schools", "declared"]

ANNOTATIONS = "annotations.csv"


@dataclass(frozen=True, slots=True)
class Declared:
    """What the files of a workspace declare."""

    network: Network
    schools: tuple[School, ...]
    measures: tuple[Measure, ...]
    annotations: tuple[Annotation, ...]


def declared(folder: Path) -> Declared:
    """The network, schools, measures and annotations of a workspace; sheets without rows are none.

    Raises
    ------
    InputError
        The folder is no workspace, or a file has problems.
    """
    if not (folder / "network.yaml").is_file():
        problem = Problem(str(folder), "no network.yaml", "a workspace")
        step = f"make one with: pdsa new {folder}; or name another folder with --into"
        raise InputError(str(folder), (problem,), "nothing was imported", step)
    return Declared(
        form(forms.NetworkModel, folder / "network.yaml").record(),
        tuple(one.record() for one in _rows(forms.SchoolModel, folder / "schools.csv", "id")),
        tuple(one.record() for one in _rows(forms.MeasureModel, folder / "measures.csv", "id")),
        tuple(one.record() for one in _rows(forms.AnnotationModel, folder / ANNOTATIONS, "")),
    )


def _rows(model: type[forms.M], file: Path, unique: str) -> tuple[forms.M, ...]:
    if not file.is_file() or len([line for line in file.read_bytes().splitlines() if line.strip()]) < 2:
        return ()
    return sheet(model, file, unique)


def add_schools(folder: Path, schools: Sequence[School]) -> None:
    """Add rows to schools.csv; nobody checks here whether they are there already."""
    _append(folder / "schools.csv", schools, ("id", "name", "district", "pseudonym"))


def add_measures(folder: Path, measures: Sequence[Measure]) -> None:
    """Add rows to measures.csv."""
    _append(folder / "measures.csv", measures, tuple(one.name for one in fields(Measure)))


def add_annotations(folder: Path, annotations: Sequence[Annotation]) -> None:
    """Add rows to annotations.csv."""
    _append(folder / ANNOTATIONS, annotations, ("date", "label", "kind", "school", "measure"))


def _append(file: Path, records: Sequence[Any], columns: tuple[str, ...]) -> None:
    """The file with rows added under its own header; a file without text gets ours."""
    if not records:
        return
    before = file.read_bytes() if file.is_file() else b""
    head = next(csv.reader(io.StringIO(before.decode("utf-8-sig"))), []) if before.strip() else []
    end = "\r\n" if b"\r\n" in before else "\n"
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end)
    if not head:
        before, head = b"", list(columns)
        writer.writerow(head)
    for record in records:
        writer.writerow([_cell(getattr(record, name.strip(), "")) for name in head])
    joint = b"" if not before or before.endswith((b"\n", b"\r")) else end.encode()
    write_atomic(file, before + joint + text.getvalue().encode())


def _cell(value: object) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    if isinstance(value, float):
        return f"{value:g}"
    return "..".join(map(str, value)) if isinstance(value, tuple) else str(value)
