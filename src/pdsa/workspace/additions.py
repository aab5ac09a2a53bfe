"""What a workspace declares, read before an import, and the annotations that an import adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pdsa import params as forms
from pdsa.errors import InputError, Problem
from pdsa.publish import write_atomic
from pdsa.records import Annotation, Measure, Network, School
from pdsa.workspace.append import csv_rows
from pdsa.workspace.files import form, read_sheet, sheet

__all__ = ["Declared", "add_annotations", "declared"]

ANNOTATIONS = "annotations.csv"
COLUMNS = ("date", "label", "kind", "school", "measure")


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
    return sheet(model, file, unique) if file.is_file() else ()


def add_annotations(folder: Path, annotations: Sequence[Annotation]) -> None:
    """Append rows to annotations.csv; what stands there stays byte for byte.

    Raises
    ------
    InputError
        The file lacks a column that a new row needs.
    """
    if not annotations:
        return
    path = folder / ANNOTATIONS
    if not path.is_file():
        write_atomic(path, csv_rows([COLUMNS, *(_cells(one, COLUMNS) for one in annotations)]))
        return
    data, columns = path.read_bytes(), tuple(read_sheet(path).frame.columns)
    if missing := [name for name in COLUMNS if name not in columns]:
        problems = tuple(Problem("header", f"no column {name}", "this column") for name in missing)
        raise InputError(ANNOTATIONS, problems, "nothing was imported", f"add it to the header of {ANNOTATIONS}")
    end = "\r\n" if b"\r\n" in data else "\n"
    gap = b"" if not data or data.endswith(b"\n") else end.encode()
    write_atomic(path, data + gap + csv_rows([_cells(one, columns) for one in annotations], end).encode())


def _cells(annotation: Annotation, columns: Sequence[str]) -> list[str]:
    return [str(getattr(annotation, name, "")) for name in columns]
