"""Instruments as data: YAML files of this package behind one loader, the only file access of the core."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

__all__ = ["content"]


@cache
def content(name: str) -> Any:
    """What `content/<name>.yaml` holds, read once; callers must not write into it."""
    return yaml.safe_load(resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8"))
