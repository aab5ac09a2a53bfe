"""A run's manifest to its index pages: every school listed, failures first; nothing is analyzed here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdsa.figures import STYLE, symbol
from pdsa.narrate import VERDICT_WORDS
from pdsa.publish import write_atomic

if TYPE_CHECKING:
    from jinja2 import Template

INDEXED = ("coach", "district")


@dataclass(frozen=True, slots=True)
class Row:
    """One school in an index."""

    school: str
    name: str
    page: str
    verdicts: tuple[tuple[str, str], ...]
    through: str
    missing: str
    hidden: int
    failures: tuple[Mapping[str, Any], ...]


def write_indexes(folder: Path) -> tuple[Path, ...]:
    """Write `index.html` for each audience that has one, from the manifest alone; the paths written.

    Parameters
    ----------
    folder
        A run's folder, with its `manifest.json`.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    written = []
    for audience in INDEXED:
        if audience in manifest["params"]["audiences"]:
            target = folder / audience / "index.html"
            write_atomic(target, render_index(manifest, audience))
            written.append(target)
    return tuple(written)


def render_index(manifest: Mapping[str, Any], audience: str) -> str:
    """The index page of one audience: failed reports first, then every school by name."""
    reports = [r for r in manifest["reports"] if r["school"]]
    rows = [_row(manifest, reports, school, name, audience) for school, name in manifest["schools"].items()]
    rows.sort(key=lambda row: (not row.failures, row.name.casefold(), row.school))
    network = [r for r in manifest["reports"] if r["audience"] == audience and not r["school"]]
    return _template().render(
        manifest=manifest,
        audience=audience,
        rows=rows,
        failed=[row for row in rows if row.failures],
        network=network[0] if network else None,
        style=STYLE,
    )


def _row(manifest: Mapping[str, Any], reports: list[Mapping[str, Any]], school: str, name: str, audience: str) -> Row:
    """A district reads its own pages; a coach follows them, or the team's where no district page was made."""
    own = [r for r in reports if r["school"] == school]
    order = {"district": 0, "team": 1}
    seen = own if audience == "coach" else [r for r in own if r["audience"] == audience]
    shown = min(seen, key=lambda r: (r["status"] != "ok", order.get(r["audience"], 2)), default=None)
    if shown is None:
        return Row(school, name, "", (), "", "", 0, ())
    there = shown["status"] == "ok" or shown["stale"]
    path = shown["path"] if shown["audience"] != audience else shown["path"].removeprefix(f"{audience}/")
    # a team's page rests on numbers that this index must not speak of
    complete = shown["audience"] == "team"
    verdicts = {} if complete else shown["verdicts"] or {}
    return Row(
        school=school,
        name=name,
        page=(path if shown["audience"] == audience else f"../{path}") if there else "",
        verdicts=tuple(
            (symbol(verdicts.get(m["id"], "")), VERDICT_WORDS.get(verdicts.get(m["id"], ""), ""))
            for m in manifest["measures"]
        ),
        through=str(shown["through"]),
        missing="" if complete else str(shown["missing"]),
        hidden=int(shown["hidden"] or 0),
        failures=tuple(r for r in seen if r["status"] == "failed"),
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = files("pdsa").joinpath("index.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source)
