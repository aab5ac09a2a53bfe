"""Which elements of an XML document are its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from pdsa.read.grid import Fact
from pdsa.read.texts import BrokenError, Columns, regular_columns

__all__ = ["find_rows", "row_columns"]

FEWEST_FIELDS = 2  # of a row
MAX_DEPTH = 200


def row_columns(root: Element, row: str) -> Columns:
    """Each field of the row elements as a column of texts; empty if there is no such element, or no field in it.

    A field is a child element, an attribute (`@name`), or what is nested in a child (`outer.inner`, `outer.@name`).
    """
    rows = list(root.iter(row)) or [one for one in root.iter() if _short(one.tag) == row]
    plain = regular_columns(rows)
    if plain is not None and not any(child.keys() for one in rows for child in one):
        short = {name: _short(name) for name in plain}
        return {short[name]: texts for name, texts in plain.items()} if _all_differ(short.values()) else plain
    found = [_fields(number, one) for number, one in enumerate(rows, start=1)]
    names = dict.fromkeys(name for fields in found for name in fields)
    return {name: [fields.get(name, "") for fields in found] for name in names}


def _fields(number: int, row: Element) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, text in _flat(row, ""):
        if name in fields:
            raise BrokenError(f"row {number} has two fields {name}")
        fields[name] = text
    return fields


def _flat(element: Element, before: str) -> Iterator[tuple[str, str]]:
    for name, text in element.attrib.items():
        yield f"{before}@{_short(name)}", text
    for child in element:
        name = f"{before}{_short(child.tag)}"
        words = [child.text, *(one.tail for one in child)]
        if len(child) and not any(text and text.strip() for text in words):
            yield from _flat(child, f"{name}.")
            continue
        for attribute, text in child.attrib.items():
            yield f"{name}.@{_short(attribute)}", text
        yield name, "".join(child.itertext())


def find_rows(root: Element) -> tuple[str, Fact | None]:
    """The name of the element that is a row: the most frequent one that has fields; "" if there is none.

    The fact is a question if another element is as frequent, or if rows lie inside an element whose own fields
    would be lost.
    """
    counts: Counter[str] = Counter()
    around: dict[str, set[str]] = {}
    _count(root, (), counts, around)
    if not counts:
        return "", None
    most = max(counts.values())
    equal = [tag for tag, count in counts.items() if count == most]
    outer = [tag for tag in equal if not around[tag] & set(equal)] or equal
    words = f"rows are the {most} elements <{_short(outer[0])}>"
    if len(outer) > 1:
        return outer[0], Fact("row element", "", f"{words}; {_named(outer[1:])} would do as well", ask=True)
    if lost := sorted(around[outer[0]]):
        return outer[0], Fact(
            "row element", "", f"{words}; fields of {_named(lost)} around them are not read", ask=True
        )
    return outer[0], Fact("row element", "", words)


def _count(root: Element, path: tuple[str, ...], counts: Counter[str], around: dict[str, set[str]]) -> None:
    """How often each element with fields occurs below the root, and which elements with fields are around it."""
    if len(path) > MAX_DEPTH:
        raise BrokenError(f"elements nested more than {MAX_DEPTH} deep")
    for child in root:
        if len(child):
            own = len(child.attrib) + sum(not len(one) for one in child)
            _count(child, (*path, child.tag if own else ""), counts, around)
        if len(child.attrib) + len(child) >= FEWEST_FIELDS:
            counts[child.tag] += 1
            around.setdefault(child.tag, set()).update(filter(None, path))


def _named(tags: Iterable[str]) -> str:
    return ", ".join(f"<{_short(tag)}>" for tag in tags)


def _all_differ(names: Iterable[str]) -> bool:
    found = list(names)
    return len(set(found)) == len(found)


def _short(tag: str) -> str:
    """The name without its namespace."""
    return tag.rpartition("}")[2]
