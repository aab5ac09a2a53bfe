"""The synthetic network: 24 invented schools, 76 weeks, four measures, and the written truth of what was planted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from pdsa.errors import InputError, Problem
from pdsa.example.draw import Row, open_weeks, school_id, series_rows, stream
from pdsa.example.edits import planted
from pdsa.example.incoming import incoming_texts
from pdsa.example.journal import is_unchanged, write_log
from pdsa.example.plan import (
    CLOSURES,
    CONSTANT,
    DISTRICTS,
    EFFECTS,
    IDEAS,
    LATE,
    LATE_WEEKS,
    MEASURE_COLUMNS,
    MEASURES,
    MOST,
    NETWORK_WIDE,
    NO_PREP,
    PARAMS,
    README,
    SCHOOLS,
    SMALL,
    STOPPED,
    TREES,
)
from pdsa.publish import write_atomic

__all__ = ["write_example"]

LOG = "pdsa.sqlite"


def write_example(folder: Path, *, schools: int = 24, log: bool = True) -> tuple[Path, ...]:
    """Write the synthetic network into a new or empty folder; return its files, `network.yaml` last.

    A folder that holds an example as pdsa wrote it, whole or in part, is written again. `network.yaml` comes
    last, so that a folder is a workspace only when everything else is in place.

    Parameters
    ----------
    folder
        Where to write; made if it does not exist.
    schools
        How many schools, 1 to 400. Schools beyond the 24th repeat the plan of the first 24 with other chance.
    log
        Whether the improvement log is written too: the only file that needs a database toolkit, slow to import.

    Raises
    ------
    InputError
        The folder holds anything else, or is not a folder, or the number of schools is out of range. Nothing
        was written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in write_example(Path(folder) / "example")][-1]
    'network.yaml'
    """
    problems = [*_wrong_count(schools), *_wrong_folder(folder)] or _strangers(folder, schools)
    if problems:
        raise InputError(str(folder), tuple(problems), "nothing was written", "name a new or empty folder")
    texts = {name: text for name, text in _texts(schools).items() if log or name != LOG}
    return tuple(_write(folder / name, text, schools) for name, text in texts.items())


def _write(path: Path, text: str, schools: int) -> Path:
    """Write one file and return its path."""
    if path.name == LOG:
        return write_log(path, schools)
    write_atomic(path, text)
    return path


def _wrong_count(schools: int) -> list[Problem]:
    if 1 <= schools <= MOST:
        return []
    return [Problem("schools", str(schools), f"a number from 1 to {MOST}")]


def _wrong_folder(folder: Path) -> list[Problem]:
    """Say what stands where the folder, or a folder above it, should be."""
    above = folder.absolute()
    nearest = next(path for path in (above, *above.parents) if path.exists() or path.is_symlink())
    return [] if nearest.is_dir() else [Problem(str(nearest), "a file", "a folder")]


def _strangers(folder: Path, schools: int) -> list[Problem]:
    """List what the folder holds that is not, byte for byte, a file of an example."""
    entries = [(path.relative_to(folder).as_posix(), path) for path in _entries(folder)]
    if not entries:
        return []
    count = _earlier_count(folder, schools)
    texts = _texts(count)
    found, wanted = "something that is no unchanged file of the example", "a new or empty folder"
    return [Problem(name, found, wanted) for name, path in entries if not _is_ours(path, texts.get(name), count)]


def _entries(folder: Path) -> Iterator[Path]:
    """Walk the folder and the folders of an example; nothing deeper, however large a foreign folder is."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in ("observations", "params", "incoming") and path.is_dir() and not path.is_symlink():
            yield from sorted(path.iterdir())
        else:
            yield path


def _earlier_count(folder: Path, schools: int) -> int:
    """Count the schools of the example that the folder may hold; `schools` where that cannot be told."""
    path = folder / "schools.csv"
    count = path.read_bytes().count(b"\n") - 1 if path.is_file() else schools
    return count if 1 <= count <= MOST else schools


def _is_ours(path: Path, text: str | None, schools: int) -> bool:
    if text is None or path.is_symlink() or not path.is_file():
        return False
    return is_unchanged(path, schools) if path.name == LOG else path.read_bytes() == text.encode()


def _texts(schools: int) -> dict[str, str]:
    """Make every file of the example: its name, relative to the folder, and its text."""
    tables = {f"observations/{row[0]}.csv": _observations(str(row[0]), schools) for row in MEASURES}
    return {
        "README.txt": README,
        **tables,
        "measures.csv": _csv(MEASURE_COLUMNS, MEASURES),
        "schools.csv": _csv(("id", "name", "district", "pseudonym"), _school_rows(schools)),
        "annotations.csv": _csv(("date", "school", "measure", "kind", "label"), _annotation_rows(schools)),
        "TRUTH.csv": _csv(("school", "measure", "effect", "start", "size", "lasting", "note"), _truth_rows(schools)),
        "LOG-TRUTH.csv": _csv(("cycle", "school", "planted", "note"), planted(schools)),
        **incoming_texts(schools),
        "params/example.yaml": PARAMS,
        LOG: "",  # its events make it
        "network.yaml": _network(),
    }


def _csv(columns: Iterable[str], rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _network() -> str:
    closures = "".join(f'    - {{start: {start}, end: {end}, label: "{label}"}}\n' for start, end, label in CLOSURES)
    return (
        "# SYNTHETIC: invented schools and numbers; see README.txt\n"
        "id: example\nname: Example network (synthetic)\nsynthetic: true\nmin_n: 10\n"
        'contact: "Improvement hub, role address only"\n'
        f"calendar:\n  mode: listed\n  closures:\n{closures}"
    )


def _school_rows(schools: int) -> Iterator[Row]:
    """Give ids, names, districts and pseudonyms; the pseudonyms in an order of their own."""
    lots = stream(MOST, 0).random(schools).tolist()
    order = sorted(range(schools), key=lots.__getitem__)
    for school, pseudonym in enumerate(order):
        name = SCHOOLS[school].name if school < len(SCHOOLS) else f"Example High School {school + 1:03d}"
        yield school_id(school), name, DISTRICTS[school % 2], _pseudonym(pseudonym)


def _pseudonym(number: int) -> str:
    again, tree = divmod(number, len(TREES))
    return f"{TREES[tree]} {again + 1}" if again else TREES[tree]


def _annotation_rows(schools: int) -> list[Row]:
    rows: list[Row] = [*NETWORK_WIDE]
    for school in range(schools):
        ideas = [idea for idea in IDEAS if idea[0] == school % len(SCHOOLS)]
        rows += [(day, school_id(school), measure, "change", label) for _, day, measure, label in ideas]
    return sorted(rows, key=lambda row: (str(row[0]), str(row[1])))


def _truth_rows(schools: int) -> Iterator[Row]:
    for school in range(schools):
        for measure in MEASURES:
            yield school_id(school), measure[0], *_truth(school % len(SCHOOLS), str(measure[0]))


def _truth(plan: int, measure: str) -> Row:
    """Give effect, start, size, lasting and note of one series."""
    if (plan, measure) in EFFECTS:
        return _planted(plan, measure)
    if plan == LATE:
        return "too_few", "", "0", "", f"joined late: only the last {LATE_WEEKS} weeks"
    if (plan, measure) == (NO_PREP, "prep_minutes"):
        return "no_data", "", "", "", "never reported"
    if (plan, measure) == (CONSTANT, "on_track"):
        return "constant", "", "0", "", "100% in every week, the ice storm included"
    return "none", "", "0", "", _stable_note(plan, measure)


def _planted(plan: int, measure: str) -> Row:
    start, size, until = EFFECTS[plan, measure]
    effect = "improvement" if (size > 0) == (measure != "prep_minutes") else "worsening"
    lasting = f"until {until or 'end'}"
    return effect, start, f"{size:g}", lasting, "fell back when the advisory lead left" if until else ""


def _stable_note(plan: int, measure: str) -> str:
    if (plan, measure) == (STOPPED, "check_ins"):
        return "stopped reporting after the first year"
    if plan in SMALL and measure != "prep_minutes":
        return "small school: some weeks are under the minimum group size"
    if (plan, "check_ins") not in EFFECTS:
        return ""
    return "the change was made and " + ("cost no time" if measure == "prep_minutes" else "this did not move")


def _observations(measure: str, schools: int) -> str:
    """Make one file: a row per school and week that was submitted."""
    weeks = open_weeks()
    numbers = ("value",) if measure == "prep_minutes" else ("numerator", "denominator")
    rows = (row for school in range(schools) for row in series_rows(measure, school, weeks))
    return _csv(("school", "measure", "period", *numbers, "status"), rows)
