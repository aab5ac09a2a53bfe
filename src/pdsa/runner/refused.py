"""What the disk refused, in words: what stands in the way at which place, and what the reader can do about it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pdsa.errors import InputError, Problem
from pdsa.publish.disk import TEMPORARY
from pdsa.publish.lock import one_at_a_time
from pdsa.publish.together import sweep
from pdsa.runner.endings import AND_AGAIN

LOCK = ".lock"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_IN_THE_WAY = (errno.EEXIST, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENOTEMPTY, errno.EINVAL)
_SPACE = f"free some space, {AND_AGAIN}: what is made already stands"
_RIGHTS = f"close programs that have the file open, look whether you may write there, {AND_AGAIN}"
_LONGEST = 200  # characters of a path that are shown


@contextmanager
def alone_in(folder: Path, *, shared: bool = False, about: Mapping[str, str] | None = None) -> Iterator[None]:
    """Hold the folder of a run and sweep it, or say what stands in the way of that.

    Parameters
    ----------
    folder
        The folder of the run.
    shared
        Whether others that make single reports may be there too; then nothing is swept.
    about
        What is to stand in the file of the lock besides.

    Raises
    ------
    InputError
        Another run holds the folder, or it cannot be made or written.
    """
    with ExitStack() as held:
        try:
            held.enter_context(one_at_a_time(folder, LOCK, shared=shared, about=about))
            if not shared:
                sweep(folder)
        except OSError as error:
            problem, step = of_disk(error, place_of(error, folder))
            raise InputError("outputs", (problem,), "no report was started", step) from error
        yield


def place_of(error: OSError, otherwise: Path) -> Path:
    """Return the file that the system names in an error, not by a name of something unfinished."""
    named = [Path(name) for name in (error.filename2, error.filename) if isinstance(name, str)]
    return next((path for path in named if not any(part.startswith(TEMPORARY) for part in path.parts)), otherwise)


def of_disk(error: OSError, path: Path, root: Path = Path()) -> tuple[Problem, str]:
    """Return what the disk refused, in words, and what the reader can do.

    Parameters
    ----------
    error
        As the system raised it.
    path
        What was being written.
    root
        The folder from which the path is told, where it leads there.
    """
    place = path if path.is_relative_to(root) else root / path
    if error.errno in _FULL:
        return Problem(_shown(place, root), "no space left on the disk", "room for a new page"), _SPACE
    if error.errno in _FORBIDDEN:
        found = f"a place that may not be written, or is open in another program ({error.strerror})"
        return Problem(_shown(place, root), found, "a file that can be written"), _RIGHTS
    if error.errno == errno.ENAMETOOLONG:
        found = f"a path of {len(os.fsencode(place))} bytes, or a name in it, that is too long for the disk"
        return Problem(
            _shown(place, root), found, "a shorter one"
        ), f"give --out a folder with a short path, {AND_AGAIN}"
    if error.errno in _IN_THE_WAY and (there := _in_the_way(place, folder=error.errno == errno.EEXIST)):
        return _moved(*there, root)
    found = f"that the disk refuses: {error.strerror or error}"
    return Problem(_shown(place, root), found, "a file that can be written"), _RIGHTS


def _in_the_way(place: Path, *, folder: bool) -> tuple[Path, str, str] | None:
    """The first place on the way to a file that is no folder, or the file itself where it is one; what is, and ought.

    `folder` says that the place itself was to be a folder.
    """
    folders = [*reversed(place.parents), *([place] if folder else [])]
    for one in folders:
        if os.path.lexists(one) and not one.is_dir():
            return one, _what(one), "a folder"
    if place.is_dir():
        return None if folder else (place, "a folder", "a file")
    odd = place.exists() and not place.is_file()
    return (place, _what(place), "a file") if odd or (place.is_symlink() and not place.exists()) else None


def _what(place: Path) -> str:
    if place.exists() and not place.is_file():  # a pipe, a socket, a device
        return "no ordinary file"
    return "a link that leads nowhere" if place.is_symlink() and not place.exists() else "a file"


def _moved(place: Path, found: str, expected: str, root: Path) -> tuple[Problem, str]:
    what = next((word for word in ("link", "folder") if word in found), "file")
    step = f"move this {what} away, {AND_AGAIN}"
    return Problem(_shown(place, root), found, f"{expected} or nothing there"), step


def _shown(place: Path, root: Path) -> str:
    """A path as it is told: from the folder of the run, and never longer than people read."""
    if root != Path() and place.is_relative_to(root):
        place = place.relative_to(root)
    text = str(place)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}...{text[-_LONGEST // 2 :]}"


__all__ = ["LOCK", "alone_in", "of_disk", "place_of"]
