"""What a run made and what that rests on: the manifest, from the records of all its reports."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pdsa.publish import digest
from pdsa.publish.seals import seal_of
from pdsa.quality import quality
from pdsa.runner.keys import code_digest, versions
from pdsa.runner.plan import Plan
from pdsa.runner.records import Record, stands
from pdsa.terms import Audience
from pdsa.workspace import dossier_for

# Whose data-quality page there is, and whether it lists what is lacking.
QUALITY_LISTS: dict[Audience, bool] = {"coach": True, "district": False}
_OF_MARKER = ("verdicts", "old", "through", "missing", "hidden")


def old_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of the run before; empty where there is none, or not as it was written.

    Parameters
    ----------
    folder
        The folder of the run.
    """
    found = _read(folder)
    return found if found.get("seal") == _seal(found) else {}


def network_of(folder: Path) -> str:
    """Return the id of the network whose reports a folder holds, "" where no manifest says so."""
    network = _read(folder).get("network")
    name = network.get("id") if isinstance(network, dict) else None
    return name if isinstance(name, str) else ""


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest with the hash of what the next run builds upon: what somebody changed there is not used."""
    return {**manifest, "seal": _seal(manifest)}


def _seal(manifest: Mapping[str, Any]) -> str:
    return seal_of([manifest.get(name) for name in _BUILT_UPON])


_BUILT_UPON = ("network", "data", "quality", "beside")


def _read(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def manifest_of(
    plan: Plan,
    reports: Iterable[Mapping[str, object]],
    this_run: Mapping[str, object],
    *,
    data: str,
    old: Mapping[str, Any],
) -> dict[str, Any]:
    """Return everything that a number on a page rests on: inputs by hash, versions, settings, reports.

    But for `started`, `seconds` and `this_run` it is the same whether a report was made in this run or an earlier one.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    reports
        What `entry` says of each report.
    this_run
        Counts and times of this run alone; its `started` and `seconds` are also fields of their own.
    data
        Hash of all that the data-quality pages are made from.
    old
        The manifest of the run before; what it says of the same data is not worked out again.
    """
    workspace = plan.workspace
    return {
        "schema": 1,
        "run": plan.out_name,
        "network": {
            "id": workspace.network.id,
            "name": workspace.network.name,
            "synthetic": workspace.network.synthetic,
        },
        "started": this_run["started"],
        "seconds": this_run["seconds"],
        "this_run": dict(this_run),
        "versions": versions(),
        "code": code_digest(),
        "params": _plain(asdict(workspace.params)),
        "inputs": dict(workspace.inputs),
        "notebooks": {name: digest(path) for name, path in plan.notebooks.items()},
        "sources": [asdict(note) for note in workspace.sources if note.status != "used"],
        "left_out": list(plan.left_out),
        "unread": sorted(workspace.unread),
        "schools": {school.id: school.name for school in workspace.schools},
        "measures": [{"id": measure.id, "name": measure.name} for measure in workspace.measures],
        "data": data,
        "quality": old["quality"] if old.get("data") == data and "quality" in old else _quality(plan),
        "reports": list(reports),
    }


def data_digest(plan: Plan, whole: str) -> str:
    """Return the hash of all that data-quality pages and archives are made from.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    whole
        Hash of the whole network's slice (`workspace.Slices`).
    """
    return digest(repr((code_digest(), whole, plan.workspace.params, plan.imports, plan.unfinished)).encode())


def _quality(plan: Plan) -> dict[str, object]:
    """The data-quality page of each audience that has one, from what this audience may see."""
    found: dict[str, object] = {}
    for audience, lists in QUALITY_LISTS.items():
        if audience in plan.workspace.params.audiences:
            dossier = dossier_for(plan.workspace, audience)
            read = [school for school in dossier.header.schools if school.id not in plan.workspace.unread]
            names = {school.id: school.name for school in read}
            told = quality(dossier.release.panels, plan.workspace.measures, names, plan.imports, lists=lists)
            more = {"unfinished": plan.unfinished, "as_of": dossier.header.as_of, "unread": dossier.unread}
            found[audience] = {**asdict(told), **more}
    return {audience: _plain(told) for audience, told in found.items()}


def _plain(value: object) -> object:
    """Dates as text, tuples as lists: what JSON can hold."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def entry(record: Record, folder: Path, outdated: Collection[str] = ()) -> dict[str, object]:
    """Return what the manifest says of one report, from its record alone.

    Parameters
    ----------
    record
        Of the report.
    folder
        The folder of the run; only pages of failed reports are looked at there.
    outdated
        Targets of pages that rest on other data than today's.
    """
    failure = record.failure
    marker = {} if failure else record.marker  # an older page must not speak for today's data
    return {
        **{name: getattr(record, name) for name in ("name", "audience", "school", "about", "title", "key", "made")},
        "status": "failed" if failure else "ok",
        "path": record.target,
        "stale": failure is not None and _is_there(folder, record),
        "stale_since": failure.since if failure else "",
        "outdated": record.target in outdated,
        "sha256": record.files.get(record.target, ""),
        "files": sorted(Path(path).name for path in record.files if path != record.target),
        "hashes": dict(record.files),
        "seconds": record.seconds,
        "cells": dict(failure.cells if failure else record.cells),
        "warnings": list(record.warnings),
        "problem": asdict(failure.problem) if failure else None,
        "next_step": failure.next_step if failure else "",
        **{name: marker.get(name, "") for name in _OF_MARKER},
    }


def _is_there(folder: Path, record: Record) -> bool:
    """Whether the page of an earlier run stands whole; one that an older version made has no hashes."""
    return stands(folder, record) if record.files else (folder / record.target).is_file()
