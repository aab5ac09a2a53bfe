"""What names a person, or how one is reached: common first names, and the forms of addresses and numbers."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from pdsa.content import content

__all__ = ["EMAIL", "PHONE", "SSN", "given_names", "no_person", "unaccented", "word_lists"]

EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})+")  # bounded, or a long cell takes minutes
SSN = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
PHONE = re.compile(r"(\+?1[ .-]?)?(\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}( ?(x|ext\.?) ?\d+)?")


@cache
def word_lists() -> dict[str, Any]:
    """The lists of `content/personal.yaml`."""
    return dict(content("personal"))


@cache
def given_names() -> frozenset[str]:
    """First names that many people have."""
    return frozenset(word_lists()["given_names"].split())


@cache
def no_person() -> frozenset[str]:
    """Words that no person's name has."""
    return frozenset(word_lists()["no_person"])


def unaccented(text: str) -> str:
    """A text with plain letters: "José" is "Jose"."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
