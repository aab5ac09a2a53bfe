"""The frame of every picture of the log: an SVG with its name, its text for who cannot see it, its key and notes."""

from __future__ import annotations

from collections.abc import Iterable

from pdsa.figures.svg import AS_TYPED, FONT, digest, escape, number


def drawing(name: str, size: tuple[float, float], title: str, alt: str, body: str) -> str:
    """An SVG of this size in pixels that scales to its place.

    Parameters
    ----------
    name
        The class of the picture, such as `pdsa-drivers`.
    size
        Width and height.
    title, alt
        Its name, and what a screen reader says in its place.
    body
        What is drawn, escaped already.
    """
    width, height = (number(side) for side in size)
    key = digest(title + alt + body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" role="img" '
        f'aria-labelledby="pdsa-{key}-t pdsa-{key}-d" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" style="max-width:100%;height:auto;display:block" font-family="{FONT}">'
        f'<title id="pdsa-{key}-t">{escape(title)}</title><desc id="pdsa-{key}-d">{escape(alt)}</desc>{body}</svg>'
    )


def pushed(svg: str) -> str:
    """A wide picture in a box of its own: on a telephone it keeps a size that can be read, and is pushed sideways."""
    return f'<div class="pdsa-pushed">{svg}</div>'


def framed(*parts: str, name: str = "") -> str:
    """The parts of a picture in one `<figure>`, whose texts are shown as typed."""
    kind = f" {name}" if name else ""
    return f'<figure class="pdsa-figure{kind} {AS_TYPED}" style="margin:0 0 1rem">{"".join(parts)}</figure>'


def listed(title: str, items: Iterable[str], name: str) -> str:
    """A short list under a picture, of texts of people; nothing without items."""
    lines = "".join(f"<li><bdi>{escape(item)}</bdi></li>" for item in items)
    if not lines:
        return ""
    return (
        f'<div class="{name}"><p class="pdsa-note" style="margin:.5em 0 .1em"><b>{escape(title)}</b></p>'
        f'<ul style="margin:0;padding-left:1.3em;font-size:12px;overflow-wrap:anywhere">{lines}</ul></div>'
    )


def many(count: int, noun: str) -> str:
    """`1 cycle`, `3 cycles`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def keyed(entries: Iterable[tuple[str, str]]) -> str:
    """The key under a picture: for each mark its inline SVG and its word."""
    parts = [f'<span style="white-space:nowrap">{picture} {escape(words)}</span>' for picture, words in entries]
    style = "margin:.4em 0 0;font-size:11.5px"
    return f'<p class="pdsa-legend" style="{style}">{" &#160; ".join(parts)}</p>' if parts else ""
