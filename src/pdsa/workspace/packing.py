"""The file that carries a dossier to the kernel that makes its report: arrays and JSON, never code."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter

from pdsa.errors import ParamsError, Problem
from pdsa.inquiry.release import packed, unpacked
from pdsa.privacy import Release
from pdsa.records import Measure
from pdsa.series import Floats, Panel
from pdsa.terms import STATUSES
from pdsa.workspace.dossier import Dossier, Header

# The rows of `numbers`: each has a number for every point of all measures.
VALUES = ("value", "numerator", "denominator", "people")
POINTWISE = (*VALUES, "status")
ROWS = (*POINTWISE, "period")  # positions in `terms.STATUSES`, and days since 1970
# Everything that reading a damaged or foreign archive raises.
DAMAGED = (
    *(ValueError, LookupError, TypeError, AttributeError, OverflowError, RuntimeError, MemoryError, SyntaxError),
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, struct.error),
)

MOST_DAYS = 10_000_000  # from 1970: further than any calendar

Array = npt.NDArray[Any]


@cache
def _adapter() -> TypeAdapter[Header]:
    """Built once: building it takes twenty times as long as what it is used for."""
    return TypeAdapter(Header)


def pack(dossier: Dossier) -> bytes:
    """The dossier as the bytes of a file that holds numbers and JSON, never code.

    The points of all measures stand in one array, for each array of an archive costs as much as a school's numbers.
    """
    panels = [dossier.release.panels[measure.id] for measure in dossier.header.measures]
    texts = {
        "header": _adapter().dump_json(dossier.header),
        "log": packed(dossier.log).encode(),
        "series": json.dumps([_series(panel) for panel in panels]).encode(),
    }
    arrays: dict[str, Array] = {name: np.frombuffer(text, dtype=np.uint8) for name, text in texts.items()}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays, numbers=np.concatenate([_numbers(panel) for panel in panels], axis=1))  # type: ignore[arg-type]
    return buffer.getvalue()


def _series(panel: Panel) -> dict[str, list[object]]:
    """The school of each series, how many points it has, and whether it has numerators and denominators."""
    schools: list[object] = panel.keys["school"].tolist()
    return {"school": schools, "points": panel.lengths.tolist(), "ratio": panel.ratio.tolist()}


def _numbers(panel: Panel) -> Floats:
    days = panel.period.to_numpy(dtype="datetime64[D]").astype(np.int64)
    return np.array([*(getattr(panel, name) for name in VALUES), panel.status, days], dtype=np.float64)


def unpack(data: bytes, source: str) -> Dossier:
    """The dossier of such a file.

    Raises
    ------
    ParamsError
        The file is damaged or was made by something else.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            header = _adapter().validate_json(arrays["header"].tobytes())
            series = json.loads(arrays["series"].tobytes())
            panels = _panels(header, series, arrays["numbers"])
            log = unpacked(arrays["log"].tobytes().decode())
            _check_schools(header, panels)
    except DAMAGED as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        problem = Problem("the file", f"damage or foreign content ({reason})", "a release made by pdsa report")
        raise ParamsError(source, (problem,), "no report was started") from error
    return Dossier(header, Release(header.audience, header.min_n, panels, header.hidden), log)


def _panels(header: Header, series: list[dict[str, Any]], numbers: Array) -> dict[str, Panel]:
    """The panel of each measure, cut out of the numbers of all."""
    ends = np.cumsum([0, *(sum(own["points"]) for own in series)]).tolist()
    if numbers.shape != (len(ROWS), ends[-1]) or numbers.dtype != np.float64:
        raise ValueError("numbers of other series")
    parts = (numbers[:, a:b] for a, b in pairwise(ends))
    measured = zip(header.measures, series, parts, strict=True)
    return {
        measure.id: _panel(measure, own["school"], own["points"], own["ratio"], part) for measure, own, part in measured
    }


def _panel(measure: Measure, schools: list[str], points: list[int], ratio: list[bool], numbers: Floats) -> Panel:
    lengths, status = np.array(points, dtype=np.int64), numbers[len(VALUES)]
    if any(type(one) is not int or one < 0 for one in points) or any(type(one) is not bool for one in ratio):
        raise ValueError("series without a length or kind")
    if not np.isin(status, range(len(STATUSES))).all() or not len(schools) == len(points) == len(ratio):
        raise ValueError("statuses or series that there are not")
    return Panel(
        keys=pd.DataFrame({"school": schools, "measure": measure.id}, dtype="str"),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        period=pd.DatetimeIndex(_days(numbers[-1]).astype("datetime64[us]")),
        status=status.astype(np.int8),
        ratio=np.array(ratio, dtype=bool),
        step=measure.frequency,
        **dict(zip(VALUES, numbers, strict=False)),
    )


def _days(numbers: Floats) -> npt.NDArray[np.datetime64]:
    if not (np.abs(numbers) <= MOST_DAYS).all() or (numbers % 1).any():
        raise ValueError("periods that are no days")
    return numbers.astype(np.int64).astype("datetime64[D]")


def _check_schools(header: Header, panels: Mapping[str, Panel]) -> None:
    """No school but those that the header names."""
    known = {school.id for school in header.schools}
    if header.school and known != {header.school}:
        raise ValueError(f"schools {sorted(known)} in a release for {header.school}")
    if not all(known.issuperset(panel.keys["school"]) for panel in panels.values()):
        raise ValueError("schools that the header does not name")
