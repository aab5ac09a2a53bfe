"""A run's manifest to its index and data-quality pages: every school listed; nothing is analyzed here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pandas import Timestamp

from pdsa.archive import render_archive
from pdsa.figures import COVERAGE_WORDS, STYLE, coverage_axis, coverage_key, coverage_strip, symbol
from pdsa.figures.symbols import legend_words
from pdsa.narrate import STALE, VERDICT_WORDS, format_period, noun_of, plural
from pdsa.publish import digest, disk, write_atomic, write_manifest
from pdsa.publish.seals import sealed, unsealed
from pdsa.quality import BEFORE
from pdsa.runner.beside import INDEX, QUALITY
from pdsa.runner.keys import code_digest
from pdsa.runner.records import RECORDS, verified
from pdsa.terms import INDEXED, Step
from pdsa.workspace.journal import ARCHIVE, ARCHIVE_ROWS, ARCHIVED

if TYPE_CHECKING:
    from jinja2 import Template

KNOWN = f"{RECORDS}/site.json"  # what these pages were made from, and their hashes


@dataclass(frozen=True, slots=True)
class Row:
    """One school in an index."""

    school: str
    name: str
    page: str
    verdicts: tuple[tuple[str, str, str], ...]  # symbol, word, and the day of the last value where that is old
    through: str
    missing: str
    hidden: int
    failures: tuple[Mapping[str, Any], ...]
    older: str = ""  # when the page that the row leads to was made, if its data have changed since
    complete: tuple[tuple[str, str], ...] = ()  # word and address of each page of the school's own team
    unmade: bool = False  # pages of it are asked for, and no run has made any

    @property
    def stale(self) -> list[tuple[Any, ...]]:
        """The reports of which an older page stands, those of the same days together: names, made, failing since."""
        old = (one for one in self.failures if one["stale"] and one.get("stale_since"))
        return _together((one["name"], one["made"][:10], one["stale_since"][:10]) for one in old)

    @property
    def problems(self) -> list[tuple[Any, ...]]:
        """What was found where and what to do next, with the names of all reports of which that is so."""
        told = ("place", "found", "expected")
        return _together(
            (one["name"], *(one["problem"][part] for part in told), one["next_step"]) for one in self.failures
        )


def _together(found: Iterable[tuple[str, ...]]) -> list[tuple[Any, ...]]:
    """Names of which the rest is the same are one."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, *rest in found:
        names.setdefault(tuple(rest), []).append(name)
    return [(tuple(own), *rest) for rest, own in names.items()]


def write_indexes(folder: Path) -> tuple[Path, ...]:
    """Write `index.html` for each audience that has one, from the manifest alone; the paths of these.

    Beside it stands `data-quality.html`, where the manifest holds what it needs.

    Parameters
    ----------
    folder
        A run's folder, with its `manifest.json`.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    audiences = [audience for audience in INDEXED if audience in manifest["params"]["audiences"]]
    if not _stands(folder, key := _key(folder, manifest)):
        pages = [page for audience in audiences for page in _write_pages(folder, audience, manifest)]
        for audience in _archived(manifest):
            pages += _write_archive(folder, audience, manifest)
        files = {page.relative_to(folder).as_posix(): digest(page) for page in pages}
        write_manifest(folder / KNOWN, sealed({"key": key, "files": files}))
    return tuple(folder / audience / INDEX for audience in audiences)


def _key(folder: Path, manifest: Mapping[str, Any]) -> str:
    """Hash of all that the pages are made from: the manifest without its times, the past cycles, the templates."""
    reports = [{name: told for name, told in one.items() if name != "seconds"} for one in manifest["reports"]]
    rest = {name: told for name, told in manifest.items() if name not in ("started", "seconds", "this_run")}
    rows = [digest(path) for name in _archived(manifest) if (path := _archive(folder, name)).is_file()]
    return digest(json.dumps([code_digest(), {**rest, "reports": reports}, rows], sort_keys=True).encode())


def _stands(folder: Path, key: str) -> bool:
    """Whether the pages are there already, file by file."""
    try:
        known = unsealed(disk.read(folder / KNOWN))
        return bool(known["key"] == key) and verified(folder, known["files"])
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _write_pages(folder: Path, audience: str, manifest: Mapping[str, Any]) -> list[Path]:
    written = []
    if quality_of(manifest, audience):
        written.append(folder / audience / QUALITY)
        write_atomic(written[-1], render_quality(manifest, audience))
    written.append(folder / audience / INDEX)
    write_atomic(written[-1], render_index(manifest, audience, archive=_archive(folder, audience).is_file()))
    return written


def _archived(manifest: Mapping[str, Any]) -> list[str]:
    return [audience for audience in ARCHIVED if audience in manifest["params"]["audiences"]]


def _archive(folder: Path, audience: str) -> Path:
    return folder / audience / ARCHIVE_ROWS


def _write_archive(folder: Path, audience: str, manifest: Mapping[str, Any]) -> list[Path]:
    """The page of past cycles beside the rows that the run left, and none without them or without a way back."""
    rows, page = _archive(folder, audience), folder / audience / ARCHIVE
    whole = (r for r in manifest["reports"] if r["audience"] == audience and not r["school"])
    if not rows.is_file() or not (audience in INDEXED or any(_is_there(r) for r in whole)):
        if page.is_file():
            disk.remove(page)
        return []
    cycles = json.loads(rows.read_text(encoding="utf-8"))["cycles"]
    network = manifest["network"]
    told = {"network": network["name"], "audience": audience, "synthetic": network["synthetic"]}
    write_atomic(page, render_archive(cycles, **told))
    return [page]


def render_index(manifest: Mapping[str, Any], audience: str, *, archive: bool = False) -> str:
    """The index page of one audience: failed reports first, then every school by name.

    Parameters
    ----------
    manifest
        Of the run.
    audience
        Who reads it.
    archive
        Whether there is a page of past cycles to link to.
    """
    reports = [r for r in manifest["reports"] if r["school"]]
    rows = [_row(manifest, reports, school, name, audience) for school, name in manifest["schools"].items()]
    rows.sort(key=lambda row: (not row.failures, row.name.casefold(), row.school))
    network = [r for r in manifest["reports"] if r["audience"] == audience and not r["school"]]
    every_log = [r for r in network if r.get("about") == "log"]
    logs = [r for r in every_log if _is_there(r)]
    network = [r for r in network if r.get("about") != "log"]
    return _template("index.html.j2").render(
        quality=bool(quality_of(manifest, audience)),
        manifest=manifest,
        audience=audience,
        rows=rows,
        failed=[row for row in rows if row.failures],
        teams=any(row.complete for row in rows),
        unmade=sum(row.unmade for row in rows),
        old=STALE if any(day for row in rows for _, _, day in row.verdicts) else 0,
        network=network[0] if network else None,
        log=logs[0]["path"].rpartition("/")[2] if logs else "",
        failed_log=next((r for r in every_log if r["status"] == "failed"), None),
        archive=ARCHIVE if archive else "",
        words=[(symbol(verdict), *words) for verdict, *words in legend_words(bool(manifest.get("unread")))],
        style=STYLE,
    )


def _row(manifest: Mapping[str, Any], reports: list[Mapping[str, Any]], school: str, name: str, audience: str) -> Row:
    """A district reads its own pages; a coach follows them, or the team's where no district page was made."""
    own = [r for r in reports if r["school"] == school]
    order = {"district": 0, "team": 1}
    seen = own if audience == "coach" else [r for r in own if r["audience"] == audience]
    pages = [r for r in seen if r.get("about") != "log"]
    to_mend = school in manifest.get("unread", ())
    shown = min(pages, key=lambda r: (r["status"] != "ok", order.get(r["audience"], 2)), default=None)
    if shown is None:
        asked = {"team", "district"} if audience == "coach" else {audience}
        unmade = not asked.isdisjoint(manifest["params"]["audiences"])
        return Row(school, name, "", (("", "", ""),) * len(manifest["measures"]), "", "", 0, (), unmade=unmade)
    page = _address(shown, audience) if _is_there(shown) else ""
    # a team's page rests on numbers that this index must not speak of
    complete = shown["audience"] == "team"
    verdicts = {} if complete else shown["verdicts"] or {}
    found = ["to_mend" if to_mend else verdicts.get(m["id"], "") for m in manifest["measures"]]
    ended = {} if complete or to_mend else shown.get("old") or {}
    old = [ended.get(m["id"], "") for m in manifest["measures"]]
    team = [
        (_KINDS[r.get("about", "data")], _address(r, audience))
        for r in seen
        if r["audience"] == "team" and _is_there(r)
    ]
    return Row(
        school=school,
        name=name,
        page=page,
        verdicts=tuple((symbol(word), VERDICT_WORDS.get(word, ""), day) for word, day in zip(found, old, strict=True)),
        through=str(shown["through"]),
        missing="" if complete else str(shown["missing"]),
        hidden=int(shown["hidden"] or 0),
        failures=tuple(r for r in seen if r["status"] == "failed"),
        older=shown["made"][:10] if shown["status"] == "ok" and shown.get("outdated") else "",
        complete=tuple(one for one in team if one[1] != page),
    )


_KINDS = {"data": "report", "log": "log"}


def _is_there(report: Mapping[str, Any]) -> bool:
    """Whether a page can be opened: today's, or the one of an earlier run."""
    return bool(report["status"] == "ok" or report["stale"])


def _address(report: Mapping[str, Any], audience: str) -> str:
    """A page as seen from the index of an audience."""
    path = str(report["path"])
    return path.removeprefix(f"{audience}/") if report["audience"] == audience else f"../{path}"


def quality_of(manifest: Mapping[str, Any], audience: str) -> Mapping[str, Any]:
    """What the manifest says for the data-quality page of an audience; empty where it says nothing."""
    found: Mapping[str, Any] = manifest.get("quality", {}).get(audience, {})
    return found


def render_quality(manifest: Mapping[str, Any], audience: str) -> str:
    """The data-quality page of one audience: counts, what is missing, a strip for each school, the imports."""
    block = quality_of(manifest, audience)
    steps = {part["measure"]: (part["name"], part["step"], part["through"]) for part in block["coverage"]}
    gaps = [_gap(gap, *steps[gap["measure"]]) for gap in block["gaps"]]
    late = sorted((gap for gap in gaps if gap["behind"]), key=lambda gap: (gap["last"], gap["name"].casefold()))
    return _template("quality.html.j2").render(
        manifest=manifest,
        audience=audience,
        block=block,
        parts=(parts := [_part(part) for part in block["coverage"]]),
        never=any(part["never"] for part in parts),
        words=_words(block["coverage"]),
        lists=audience == "coach",
        gaps=gaps,
        late=late,
        left_out=[{**one, "what": _LEFT[one["what"]], "rows": _row_numbers(one["rows"])} for one in block["left_out"]],
        totals=_totals,
        key=coverage_key(),
    )


_LEFT = {"set_aside": "set aside", "refused": "refused", "duplicates": "stands there twice"}
# Stretches and row numbers that are written out; the rest is counted.
_MOST_SPANS, _MOST_ROWS = 4, 12


def _words(coverage: Sequence[Mapping[str, Any]]) -> list[str]:
    """The statuses that occur at all, in the order of the key; reported and missing always."""
    found = {COVERAGE_WORDS[letter] for part in coverage for letter, count in part["totals"].items() if count}
    return [word for word in dict.fromkeys(COVERAGE_WORDS.values()) if word in found | {"reported", "missing"}]


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    """One measure: its counts, and a strip with its words for each school."""
    days = [_day(day, part["step"]) for day in part["periods"]]
    counts = dict.fromkeys(COVERAGE_WORDS.values(), 0)
    for letter, count in part["totals"].items():
        counts[COVERAGE_WORDS[letter]] += count
    rows = []
    for _, name, letters in part["rows"] if days else []:
        words = _row_words(letters)
        strip = coverage_strip(letters, days, f"{name}: {words}")
        rows.append({"name": name, "strip": strip, "words": words})
    return {
        "name": part["name"],
        "step": part["step"],
        "through": _day(part["through"], part["step"]) if part["through"] else "",
        "cells": sum(counts.values()),
        "counts": counts,
        "never": _never(part),
        "rows": rows,
        "axis": coverage_axis(days if part["step"] == "year" else part["periods"]),
    }


def _never(part: Mapping[str, Any]) -> str:
    """`1 school, 76 weeks`: the list of what is missing has them, and the counts begin at a school's first report."""
    lacking = [len(letters) for _, _, letters in part["rows"] if letters and not letters.strip()]
    return f"{plural(len(lacking), 'school')}, {plural(sum(lacking), noun_of(part['step']))}" if lacking else ""


def _day(day: str, step: str) -> str:
    """A period as a table has it: the week by its Monday, a month without its day."""
    return day if step == "week" else format_period(Timestamp(day), cast(Step, step))


def _row_words(letters: str) -> str:
    """`48 of 52; 3 missing, 1 hidden`; a bound is a number, though not an exact one."""
    expected = len(letters.replace(BEFORE, ""))
    if not expected:
        return "never reported"
    counts: dict[str, int] = {}
    for letter, word in COVERAGE_WORDS.items():
        counts[word] = counts.get(word, 0) + letters.count(letter)
    other = ", ".join(f"{count} {word}" for word, count in counts.items() if count and word != "reported")
    return f"{counts['reported']} of {expected}" + (f"; {other}" if other else "")


def _gap(gap: Mapping[str, Any], measure: str, step: str, through: str) -> dict[str, Any]:
    """One school's missing periods of a measure, in words."""
    spans = [(_day(first, step), _day(last, step)) for first, last in gap["spans"]]
    told = [first if first == last else f"{first} to {last}" for first, last in spans[:_MOST_SPANS]]
    more = len(spans) - _MOST_SPANS
    which = ", ".join(told) + (f" and {more} more stretch{'es' if more > 1 else ''}" if more > 0 else "")
    which = which if gap["last"] else f"never reported: {which}"
    errors = f"; {gap['errors']} of them an error in the source" if gap["errors"] else ""
    return {
        "since": _day(gap["since"], step),
        "name": gap["name"],
        "measure": measure,
        "count": gap["count"],
        "which": which + errors,
        "last": _day(gap["last"], step) if gap["last"] else "",
        "expected": _day(through, step) if through else "",
        "behind": gap["behind"],
    }


def _row_numbers(rows: Sequence[int]) -> str:
    """`row 14`, `rows 3, 5 to 9`."""
    if not rows:
        return ""
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    told = [str(first) if first == last else f"{first} to {last}" for first, last in spans]
    more = f" and {len(told) - _MOST_ROWS} more stretches" if len(told) > _MOST_ROWS else ""
    return f"row{'' if len(rows) == 1 else 's'} {', '.join(told[:_MOST_ROWS])}{more}"


def _totals(note: Mapping[str, Any]) -> str:
    """How the published totals compare with the sums of their members."""
    found = [
        (note["totals_equal"], "equal"),
        (note["totals_differ"], "differ"),
        (note["totals_open"], "not comparable"),
    ]
    return ", ".join(f"{count} {word}" for count, word in found if count)


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = files("pdsa").joinpath(name).read_text(encoding="utf-8")
    return environment.from_string(source)
