"""Files that say of themselves whether they are as they were written: a hash of their content stands in them.

Whoever means to deceive can make a seal too; it tells of an edit, a merge, or a disk that lost something.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pdsa.publish import digest

SEAL = "seal"


def seal_of(content: object) -> str:
    """Return the hash of what JSON can hold, whatever the order of its keys.

    Parameters
    ----------
    content
        As it is written, or as it was read again.
    """
    return digest(json.dumps(content, sort_keys=True).encode())


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content with the hash over all of it under `seal`."""
    return {**content, SEAL: seal_of(content)}


def unsealed(data: bytes) -> dict[str, Any]:
    """Return what a sealed file holds, without its seal.

    Parameters
    ----------
    data
        The bytes of the file.

    Raises
    ------
    ValueError
        It is no JSON, has no seal, or the seal is of another content.
    """
    try:
        found = json.loads(data)
    except RecursionError:
        raise ValueError("lists within lists without end") from None
    if not isinstance(found, dict) or found.pop(SEAL, None) != seal_of(found):
        raise ValueError("not as it was written")
    return found


__all__ = ["seal_of", "sealed", "unsealed"]
