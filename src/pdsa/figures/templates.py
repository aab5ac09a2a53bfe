"""The package's own page templates, in which every text of people is escaped."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def template(name: str) -> Template:
    """A template of the package, such as `archive.html.j2`; a name that it lacks is an error, never a blank."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = files("pdsa").joinpath(name).read_text(encoding="utf-8")
    return environment.from_string(source)
