"""Fields of the log as people wrote them -> records; every mistake is named at once."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import TypeAdapter

from pdsa.records.inquiry import RECORDS, Record
from pdsa.terms import Entity


def record_of(entity: Entity, fields: Mapping[str, object]) -> Record:
    """The record of fields that the log holds, which were checked when they were saved."""
    record: Record = TypeAdapter(RECORDS[entity]).validate_python(dict(fields))
    return record
