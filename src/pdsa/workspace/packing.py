"""The file that carries a dossier to the kernel that makes its report: arrays and JSON, never code."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter

from pdsa.errors import ParamsError, Problem
from pdsa.inquiry.release import packed, unpacked
from pdsa.privacy import Release
from pdsa.records import Measure
from pdsa.series import Panel
from pdsa.terms import STATUSES
from pdsa.workspace.dossier import Dossier, Header

POINTWISE = ("value", "numerator", "denominator", "people", "status")
ARRAYS = ("offsets", *POINTWISE, "ratio")
# Everything that reading a damaged or foreign archive raises.
DAMAGED = (
    *(ValueError, LookupError, TypeError, AttributeError, OverflowError, RuntimeError, MemoryError, SyntaxError),
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, struct.error),
)

Array = npt.NDArray[np.generic]


@cache
def _adapter() -> TypeAdapter[Header]:
    """Built once: building it takes twenty times as long as what it is used for."""
    return TypeAdapter(Header)


def pack(dossier: Dossier) -> bytes:
    """The dossier as the bytes of a file that holds arrays and JSON, never code.

    The panels of all measures stand one behind the other in one array of each kind, for every array of an archive
    costs as much as a school's numbers; `sizes` says how many series and points each measure has.
    """
    panels = [dossier.release.panels[measure.id] for measure in dossier.header.measures]
    arrays: dict[str, Array] = {
        "header": np.frombuffer(_adapter().dump_json(dossier.header), dtype=np.uint8),
        "log": np.frombuffer(packed(dossier.log).encode(), dtype=np.uint8),
        "sizes": np.array([(panel.size, len(panel.value)) for panel in panels], dtype=np.int64),
        **{name: np.concatenate([getattr(panel, name) for panel in panels]) for name in ARRAYS},
        "period": np.concatenate([panel.period.to_numpy(dtype="datetime64[D]") for panel in panels]),
        "school": np.concatenate([panel.keys["school"].to_numpy(dtype=np.str_) for panel in panels]),
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


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
            parts = _parts({name: arrays[name] for name in ("sizes", *ARRAYS, "period", "school")}, header)
            panels = {one.id: _panel(own, one) for own, one in zip(parts, header.measures, strict=True)}
            log = unpacked(arrays["log"].tobytes().decode())
            _check_panels(header, panels)
    except DAMAGED as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        problem = Problem("the file", f"damage or foreign content ({reason})", "a release made by pdsa report")
        raise ParamsError(source, (problem,), "no report was started") from error
    return Dossier(header, Release(header.audience, header.min_n, panels, header.hidden), log)


def _parts(arrays: Mapping[str, Array], header: Header) -> list[dict[str, Array]]:
    """The arrays of each measure."""
    if arrays["sizes"].shape != (len(header.measures), 2) or arrays["sizes"].dtype != np.int64:
        raise ValueError("sizes of other measures")
    series, points = arrays["sizes"].astype(np.int64).T
    lengths = {**dict.fromkeys((*POINTWISE, "period"), points), "offsets": series + 1}
    parts: list[dict[str, Array]] = [{} for _ in header.measures]
    for name in (*ARRAYS, "period", "school"):
        ends = np.cumsum(lengths.get(name, series)).tolist()
        if arrays[name].shape != (ends[-1],):
            raise ValueError("arrays of different lengths")
        for own, part in zip(parts, np.split(arrays[name], ends[:-1]), strict=True):
            own[name] = part
    return parts


def _check_panels(header: Header, panels: Mapping[str, Panel]) -> None:
    """Series that fit each other, and no school but those that the header names."""
    known = {school.id for school in header.schools}
    if header.school and known != {header.school}:
        raise ValueError(f"schools {sorted(known)} in a release for {header.school}")
    for panel in panels.values():
        ends = panel.offsets.tolist()
        if ends[0] != 0 or ends[-1] != len(panel.value) or ends != sorted(ends):
            raise ValueError("series that overlap")
        if {panel.status.dtype.kind, panel.offsets.dtype.kind} != {"i"} or panel.ratio.dtype.kind != "b":
            raise ValueError("arrays of another type")
        if not known.issuperset(panel.keys["school"]) or not np.isin(panel.status, range(len(STATUSES))).all():
            raise ValueError("schools or statuses that the header does not name")


def _panel(arrays: Mapping[str, Array], measure: Measure) -> Panel:
    return Panel(
        keys=pd.DataFrame({"school": arrays["school"], "measure": measure.id}, dtype="str"),
        period=pd.DatetimeIndex(arrays["period"].astype("datetime64[us]")),
        step=measure.frequency,
        **{name: arrays[name] for name in ARRAYS},  # type: ignore[arg-type]
    )
