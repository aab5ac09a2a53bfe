"""What a run says of its rows before it replaces any page: no mistakes, but what may not be meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pdsa.runner.manifest import old_manifest
from pdsa.runner.plan import Plan

NO_VALUES = ("no_data", "")  # verdicts of a measure without a number


def doubtful(folder: Path, plan: Plan) -> tuple[str, ...]:
    """Return a sentence for each thing that whoever runs the batch should look at.

    Parameters
    ----------
    folder
        The folder of the run, where pages of an earlier one may stand.
    plan
        What `plan_run` decided.
    """
    doubts = plan.workspace.doubts
    had = set(_had_values(old_manifest(folder))) if doubts.no_value else set()
    return tuple(line for line in (doubts.lost(had), doubts.silent(had), doubts.later) if line)


def _had_values(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Measures of which the last run had a number, as far as its manifest tells; not all of that is sealed."""
    for told in manifest.get("quality", {}).values():
        yield from (one["measure"] for one in told["coverage"] if one["through"])
    for report in manifest.get("reports", ()):
        verdicts = report.get("verdicts") if isinstance(report, dict) else None
        for measure, verdict in verdicts.items() if isinstance(verdicts, dict) else ():
            yield from (measure,) * (verdict not in NO_VALUES)
