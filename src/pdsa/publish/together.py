"""Files that belong together, put in place together: all of them new, or all of them as they were."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pdsa.errors import InputError
from pdsa.publish import digest, disk, inside

NO_LONGER = "no-longer-made"
LIST = "list.json"  # beside what is about to get its name
SYNCING = 4  # files or folders at the same time: one waits for the disk, not for the processor


def replace_together(root: Path, files: Mapping[Path, bytes]) -> None:
    """Write files under their final names below a folder, in the order given; on any failure put the old ones back.

    All are written below `root/.tmp-<16 digits>/` first, with a list of what goes where. What is killed between two
    renames leaves some files new and some old, until `sweep` goes on by that list; whoever reads them before must know
    their hashes from the last one, and hold it against them. That one is not waited for: a power cut that takes it
    costs no more than making the others again. The new names last through a power cut after `sync_folders`.

    Parameters
    ----------
    root
        The folder of the run.
    files
        Content by path relative to the folder; the one that vouches for the others stands last.

    Raises
    ------
    OSError
        The disk is full, the folder is read-only, a file is locked: every file is as it was.
    """
    aside = disk.unfinished(root)
    done: list[tuple[Path, Path]] = []
    try:
        disk.make_folder(aside)
        written = [(aside / f"{n}.new", root / path) for n, path in enumerate(files)]
        for (new, final), data in zip(written, files.values(), strict=True):
            disk.write(new, data)
            disk.make_folder(final.parent)
        _each(disk.sync, [new for new, _ in written[:-1]])
        if len(files) > 1:
            disk.write(aside / LIST, _json({path.as_posix(): digest(data) for path, data in files.items()}))
        old = [(_kept(final, new.with_suffix(".old")), final) for new, final in written]
        for (new, final), before in zip(written, old, strict=True):
            done.append(before)
            disk.rename(new, final)
    except BaseException:
        _put_back(done)
        raise
    finally:
        with contextlib.suppress(OSError):
            disk.remove_all(aside)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _kept(final: Path, aside: Path) -> Path:
    """A second name of the file that will be replaced, if there is one."""
    if final.is_file():
        disk.link(final, aside)
    return aside


def _put_back(done: list[tuple[Path, Path]]) -> None:
    for aside, final in reversed(done):
        with contextlib.suppress(OSError):
            if aside.is_file():
                disk.rename(aside, final)
            elif final.is_file():  # a folder or a pipe that stood in the way is somebody's
                disk.remove(final)


def sync_folders(folders: set[Path]) -> None:
    """Make the names in folders last through a power cut."""
    _each(disk.sync_folder, sorted(folders))


def _each(sync: Callable[[Path], None], paths: Sequence[Path]) -> None:
    """Sync several at the same time: the file system writes them out in one go."""
    if len(paths) < 2:
        list(map(sync, paths))
        return
    with ThreadPoolExecutor(min(SYNCING, len(paths)), thread_name_prefix="pdsa-sync") as pool:
        list(pool.map(sync, paths))


def put_away(root: Path, path: Path | str) -> None:
    """Move a file that is no longer made into `no-longer-made/`, under the same path.

    Parameters
    ----------
    root
        The folder of the run.
    path
        Of the file, relative to it.
    """
    target = root / NO_LONGER / path
    disk.make_folder(target.parent)
    disk.rename(root / path, target)


def sweep(root: Path) -> None:
    """Remove what runs that were killed left unfinished below a folder; only for who holds the folder's lock.

    Files of which some had their new names already get them all. A worker that outlived them may still write: what
    does not go at the second try is left for the next run.
    """
    for aside in sorted(root.glob(f"{disk.TEMPORARY}*/")):
        with contextlib.suppress(OSError, ValueError, InputError):
            _go_on(root, aside)
    for path in _unfinished(root):
        for _ in range(2):
            with contextlib.suppress(OSError):
                _remove(path)
                break


def cut_off(root: Path) -> tuple[Path, ...]:
    """Return the files below a folder that `sweep` would replace because others of theirs were; nothing is written.

    Parameters
    ----------
    root
        The folder of the run.

    Returns
    -------
    tuple
        Paths from there; also of a replacement that is under way in another process.
    """
    found: list[Path] = []
    for aside in sorted(root.glob(f"{disk.TEMPORARY}*/")):
        with contextlib.suppress(OSError, ValueError, InputError):
            found += [final.relative_to(root.resolve()) for _, final in _left(root, aside)]
    return tuple(found)


def _go_on(root: Path, aside: Path) -> None:
    """Do the renames that are left of what was killed between two."""
    for new, final in _left(root, aside):
        disk.rename(new, final)
        disk.sync_folder(final.parent)


def _left(root: Path, aside: Path) -> list[tuple[Path, Path]]:
    """The renames that are left once the first was done; none unless every file is the one that was meant."""
    told = json.loads((aside / LIST).read_bytes()) if (aside / LIST).is_file() else None
    listed = enumerate(told.items() if isinstance(told, dict) else ())
    moves = [(aside / f"{n}.new", inside(root, Path(path)), sha256) for n, (path, sha256) in listed]
    left = [(new, final) for new, final, _ in moves if new.is_file()]
    meant = all(digest(new if new.is_file() else final) == sha256 for new, final, sha256 in moves)
    meant = meant and all(_as_it_was(final, new.with_suffix(".old")) for new, final in left)
    return left if meant and len(left) < len(moves) else []


def _as_it_was(final: Path, before: Path) -> bool:
    """Whether nobody has written a file since its second name was made; a newer report is not to be replaced."""
    return final.is_file() == before.is_file() and (not before.is_file() or digest(final) == digest(before))


def _unfinished(root: Path) -> list[Path]:
    """What lies deeper first; a folder that goes away meanwhile is no error."""
    found = (Path(place, name) for place, folders, files in os.walk(root) for name in (*folders, *files))
    return sorted((path for path in found if path.name.startswith(disk.TEMPORARY)), reverse=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        disk.remove_all(path)
    else:
        disk.remove(path)
