"""`pdsa check`: every problem of all files of a workspace, or what it holds."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pdsa.workspace.review import Review

# Lines printed for one file; the rest is counted, and stands in the answer to --json.
MOST = 40


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print every problem as JSON, for programs.")
def check(folder: Path, as_json: bool) -> None:
    """Check every file of the workspace FOLDER and print what is wrong; nothing is changed.

    All problems of all files are named at once: file, row as the spreadsheet shows it, column, what was found, what
    was expected, and the next step. Where nothing is wrong, it says what the workspace holds and what is still to be
    filled in. What is no mistake but may not be meant, as a measure of which no file has a row, is named as something
    to look at. Run it after pdsa import and after each change by hand, before pdsa report.

    Exit code 0: nothing is wrong, though there may be something to look at. 2: at least one problem.
    """
    from pdsa.workspace.review import review

    found = review(folder)
    if as_json:
        problems = [asdict(one) for one in found.found]
        told = {"ok": not problems, "problems": problems, "warnings": list(found.warnings)}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    elif found.found:
        _print_problems(found)
    else:
        _print_holdings(found, folder)
    sys.exit(2 if found.found else 0)


def _print_problems(found: Review) -> None:
    files = list(dict.fromkeys(one.file for one in found.found))
    for file in files:
        own = [one for one in found.found if one.file == file]
        click.echo(f"{file}: {len(own)} problem{'s' if len(own) != 1 else ''}")
        for one in own[:MOST]:
            click.echo(f"  {one.place}: found {one.found}, expected {one.expected}.")
        if len(own) > MOST:
            click.echo(f"  ... and {len(own) - MOST} more; --json prints all.")
        for step in dict.fromkeys(one.next for one in own):
            click.echo(f"  Next: {step}.")
    _print_warnings(found)
    count = len(found.found)
    click.echo(f"{count} problem{'s' if count != 1 else ''} in {len(files)} file{'s' if len(files) != 1 else ''}.")


def _print_holdings(found: Review, folder: Path) -> None:
    none = "No mistake was found, but there is something to look at" if found.warnings else "Nothing is wrong"
    click.echo(f"{none}. {found.holds[0]}: {', '.join(found.holds[1:])}.")
    _print_warnings(found)
    for line in found.to_do:
        click.echo(f"  To fill in: {line}.")
    missing = any(line.startswith(("observations/", "schools.csv", "measures.csv")) for line in found.to_do)
    click.echo(f"Next: pdsa import FILE --into {folder}" if missing else f"Next: pdsa report {folder}")


def _print_warnings(found: Review) -> None:
    for line in found.warnings:
        click.echo(f"  Look at: {line}")
