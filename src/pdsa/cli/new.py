"""`pdsa new`: a workspace to be filled in."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--name", default="", help="The network's name; that of the folder by default.")
@click.option("--measures", default="", metavar="ID,ID", help="Measures of the library, such as attendance,gpa.")
@click.option("--list", "listing", is_flag=True, help="Print the measure library and write nothing.")
def new(folder: Path | None, name: str, measures: str, listing: bool) -> None:
    """Write a new workspace into FOLDER, which must be new or empty.

    A workspace is a folder of plain files: network.yaml, schools.csv, measures.csv, observations/ and others; its
    README.txt says what each is for. Measures of the library bring their definitions with them; pdsa import adds
    schools, and other measures, as they come.

    \b
    Begin:  pdsa new --list
            pdsa new our-network --measures attendance,chronic_absence
    Then:   pdsa import FILE --into our-network
            pdsa check our-network
            pdsa report our-network
    """
    from pdsa.workspace.start import new_workspace

    if listing:
        _list()
        return
    if folder is None:
        raise click.UsageError("name the FOLDER to write into, or ask for --list")
    chosen = [one.strip() for one in measures.split(",") if one.strip()]
    written = new_workspace(folder, name=name, measures=chosen)
    click.echo(f"A new workspace in {folder}: {', '.join(path.name for path in written if path.suffix)}.")
    click.echo("README.txt says what each file is for; network.yaml and params/report.yaml explain themselves.")
    click.echo(f"Next: pdsa import FILE --into {folder}, or fill the files in; then pdsa check {folder}")


def _list() -> None:
    from pdsa.content.library import library

    for one in library():
        click.echo(f"{one.id}: {one.name} ({one.type.replace('_', ' ')}, {one.unit}, better is {one.direction})")
        click.echo(click.wrap_text(one.definition, width=100, initial_indent="    ", subsequent_indent="    "))
