"""Files and archives -> bytes, member by member: streamed, limited, never written to disk."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, Self

from pdsa.errors import InputError, Problem

__all__ = ["Member", "counted", "listed", "matching", "members", "named_errors", "opened", "plain", "refuse"]

# Limits of unpacked bytes, per member and in all of one file. Real attendance archives pack about 40 to 1.
MEMBER_BYTES = 256 * 2**20
FILE_BYTES = 2**30
RATIO = 250
RATIO_FROM = 16 * 2**20  # small files may pack better than RATIO
NAMES_SHOWN = 8
TAR_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")
# zipfile lets the last four escape from damaged directories and names
UNPACKING_ERRORS = (
    OSError,
    EOFError,
    lzma.LZMAError,
    zlib.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    NotImplementedError,
    ValueError,
    IndexError,
    struct.error,
)

Member = tuple[str, bytes, str]  # name, bytes, and what is wrong with them (no text if nothing)


def refuse(source: str, found: str, expected: str) -> InputError:
    """One problem of a whole file, as the error that says so."""
    return InputError(source, (Problem(source, found, expected),))


def listed(names: Sequence[str]) -> str:
    """The first names in one line, and how many more there are."""
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more if names else "(none)"


def counted(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def matching(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder that a pattern names, in order; none is an InputError that lists what is there."""
    if not folder.is_dir():
        raise refuse(str(folder), "no such folder", f"a folder with files named {pattern}")
    parts = PurePosixPath(pattern)
    if not pattern or parts.is_absolute() or ".." in parts.parts:
        raise refuse(str(folder), f"the file pattern {pattern!r}", "a pattern of names below this folder")
    paths = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not paths:
        there = listed(sorted(path.name for path in folder.iterdir()))
        raise refuse(str(folder), f"the files {there}", f"files named {pattern}")
    return paths


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Metered:
    """A stream that stops with an InputError once it has given more bytes than a packed file of its size may."""

    def __init__(self, stream: _Readable, name: str, packed: int, most: int) -> None:
        self.stream = stream
        self.name = name
        self.left = min(most, max(RATIO_FROM, RATIO * packed))

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(self.left + 1 if size < 0 else min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise refuse(self.name, "more unpacked data than a file of its size should hold", _limits())
        return data


def _limits() -> str:
    return f"at most {MEMBER_BYTES // 2**20} MB a file, {FILE_BYTES // 2**20} MB an archive, packed at most {RATIO}:1"


class _Header(tarfile.TarInfo):
    """A tar header; a damaged one is an error, where tarfile would take it for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):
                raise  # the regular end
            raise tarfile.ReadError(f"damaged or cut short: {error}") from error


@contextmanager
def named_errors(name: str) -> Iterator[None]:
    """Damage that a library finds while unpacking, as an InputError that names the file."""
    try:
        yield
    except UNPACKING_ERRORS as error:
        raise refuse(name, f"a file that cannot be read ({error})", "a complete, undamaged file") from error


def opened(path: Path, name: str) -> BinaryIO:
    """The file, open for reading; an InputError that names it if that is not possible."""
    with named_errors(name):
        return path.open("rb")


def members(stream: BinaryIO, size: int, name: str, pattern: str) -> Iterator[Member]:
    """The file itself, or the members of an archive that match.

    Parameters
    ----------
    stream
        The file, open at its beginning.
    size
        Its length in bytes.
    name
        What it is called in messages; the ending says how it is packed.
    pattern
        Of the names of members.
    """
    with named_errors(name):
        if name.lower().endswith(TAR_ENDINGS):
            found = _tar_members(stream, size, name, pattern)
        elif name.lower().endswith(".zip"):
            found = _zip_members(stream, name, pattern)
        else:
            found = plain(stream, size, name)
        yield from found


def _unpacked(stream: BinaryIO, name: str) -> _Readable:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in (".gz", ".tgz"):
        return gzip.open(stream)
    if suffix in (".xz", ".txz"):
        return lzma.open(stream)
    return bz2.open(stream) if suffix in (".bz2", ".tbz2") else stream


def plain(stream: BinaryIO, size: int, name: str) -> Iterator[Member]:
    """The one content of a file that is no archive, unpacked within the limits."""
    data = _Metered(_unpacked(stream, name), name, size, MEMBER_BYTES).read()
    if not data:
        raise refuse(name, "an empty file", "a file with data")
    yield name, data, ""


def _tar_members(stream: BinaryIO, size: int, name: str, pattern: str) -> Iterator[Member]:
    others = []
    matched = False
    metered = _Metered(_unpacked(stream, name), name, size, FILE_BYTES)
    with tarfile.open(fileobj=metered, mode="r|", bufsize=2**20, tarinfo=_Header) as archive:  # type: ignore[call-overload]
        for info in archive:
            if info.isdir() or not fnmatch(info.name, pattern):
                others.append(info.name)
                continue
            matched = True
            yield _tar_member(archive, info, f"{name}!{info.name}")
    _need_match(matched, name, pattern, others)


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo, name: str) -> Member:
    if not info.isfile() or info.issparse():
        return name, b"", "a link or special file, not a plain one"
    if info.size > MEMBER_BYTES:
        raise refuse(name, f"{info.size} bytes", _limits())
    stream = archive.extractfile(info)
    return name, stream.read() if stream else b"", ""


def _zip_members(stream: BinaryIO, name: str, pattern: str) -> Iterator[Member]:
    with zipfile.ZipFile(stream) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        chosen = [info for info in infos if fnmatch(info.filename, pattern)]
        _need_match(bool(chosen), name, pattern, [info.filename for info in infos])
        left = FILE_BYTES
        for info in chosen:
            member = _zip_member(archive, info, f"{name}!{info.filename}", left)
            left -= len(member[1])
            yield member


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, left: int) -> Member:
    if info.flag_bits & 0x1:
        return name, b"", "protected by a password"
    try:
        with archive.open(info) as stream:
            return name, _Metered(stream, name, info.compress_size, min(MEMBER_BYTES, left)).read(), ""
    except UNPACKING_ERRORS as error:
        return name, b"", f"cannot be unpacked ({error})"


def _need_match(matched: bool, name: str, pattern: str, others: list[str]) -> None:
    if not matched:
        raise refuse(name, f"the members {listed(others)}", f"members named {pattern}")
