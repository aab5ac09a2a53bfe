"""What another machine made, as one file on the shared storage that vouches for itself."""

from __future__ import annotations

import json
from dataclasses import asdict

from pydantic import TypeAdapter, ValidationError

from pdsa.errors import Problem, ReportError
from pdsa.publish import digest
from pdsa.runner.job import Made

_MADE = TypeAdapter(Made)


def wrap(made: Made) -> bytes:
    """Return what was made as JSON; pages, and files beside them, are text."""
    plain = asdict(made)
    plain["page"] = made.page.decode()
    plain["files"] = {name: data.decode() for name, data in made.files.items()}
    return json.dumps(plain, ensure_ascii=False).encode()


def unwrap(parcel: bytes, expected: str, report: str) -> Made:
    """Return what was made, if the parcel is whole.

    Parameters
    ----------
    parcel
        What `wrap` returned, after its way over the shared storage.
    expected
        SHA-256 of the parcel, which came another way.
    report
        Names the report in the error.

    Raises
    ------
    ReportError
        The bytes are others than those that the worker wrote.
    """
    if digest(parcel) != expected:
        found = f"{len(parcel)} bytes that are not those that the worker wrote"
        raise ReportError(report, Problem("the shared storage", found, "the report as it was made"), "make it again")
    try:
        return _MADE.validate_json(parcel)
    except ValidationError as error:
        problem = Problem("the shared storage", f"no report ({error.errors()[0]['msg']})", "the report as it was made")
        raise ReportError(report, problem, "bring client and workers to the same version of pdsa") from None
