"""Instruments as data: YAML beside this file, each read once. The only file access of the core."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["content"]

# The loader in C, where there is one, is ten times faster.
SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def content(name: str) -> Any:
    """What `content/<name>.yaml` holds, as plain lists and dictionaries; shared by all callers, so never written into.

    Parameters
    ----------
    name
        The file's name without its ending.

    Raises
    ------
    FileNotFoundError
        If the package has no such file: a mistake of ours, not of the person at the keyboard.
    """
    text = files("pdsa.content").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=SAFE)  # noqa: S506 (both are the safe one)
