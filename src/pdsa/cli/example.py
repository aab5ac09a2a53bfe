"""`pdsa example`: a synthetic network to try everything on."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--schools", type=click.IntRange(1, 400), default=24, show_default=True, help="How many schools.")
def example(folder: Path, schools: int) -> None:
    """Write the synthetic example network into FOLDER."""
    from pdsa.example import write_example

    written = write_example(folder, schools=schools)
    click.echo(f"{len(written)} files of an invented network in {folder}; TRUTH.csv says what was planted.")
    click.echo(f"Next: pdsa report {folder / 'params' / 'example.yaml'}")
