"""What a school's reports can be made from, as a hash: known without masking, cutting and packing anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from pdsa.inquiry.state import Held
from pdsa.workspace.packing import POINTWISE
from pdsa.workspace.whole import Workspace

# Who makes a report, and what it may take of the machine, changes no dossier.
_OF_MACHINE: dict[str, Any] = dict.fromkeys(
    ("workers", "timeout_seconds", "report_timeout_seconds", "memory_mb", "notebooks")
)
Array = npt.NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Slices:
    """For each school the hash of all that `dossier_for` reads for it; another hash does not mean another dossier.

    Whoever lets a school's dossier depend on anything else must add it here: the same hash says that the release of
    an earlier run, and every page made from it, is still right.

    Parameters
    ----------
    workspace
        The whole network.
    """

    workspace: Workspace

    def of(self, school: str = "") -> str:
        """Return the hash of a school's slice, as 64 hexadecimal digits; of the whole network by default."""
        found = hashlib.sha256(self._shared)
        for text in self._own(school) if school else self._every:
            found.update(text.encode() + b"\0")
        for part in self._series(school) if school else self._panels:
            found.update(part)
        return found.hexdigest()

    @cached_property
    def _shared(self) -> bytes:
        """What stands behind the pages of every school."""
        space = self.workspace
        params = replace(space.params, schools=(), districts=(), per_school=(), **_OF_MACHINE)
        sources = [name for name, _ in space.inputs]
        # pages lead to those for the district, where there are any
        pages = tuple(one for one in params.audiences if one == "district")
        return repr((replace(params, audiences=pages), space.network, space.measures, sources)).encode()

    def _own(self, school: str) -> Iterable[str]:
        space = self.workspace
        yield repr(space.known[school])
        yield repr([one for one in space.params.per_school if one[0] == school])
        yield repr(space.remarks.of(school))
        yield from (self._written(held) for held in space.log_of(school).held.values())

    @cached_property
    def _every(self) -> tuple[str, ...]:
        space = self.workspace
        wholes = (space.schools, space.every, space.params.per_school, space.annotations, tuple(space.unread))
        return (*map(repr, wholes), *map(self._written, space.log.held.values()))

    @cached_property
    def _known(self) -> dict[int, str]:
        return {}

    def _written(self, held: Held) -> str:
        """One record of the log; those of the network belong to every school and are written out once."""
        if id(held) not in self._known:
            self._known[id(held)] = repr(held)
        return self._known[id(held)]

    def _series(self, school: str) -> Iterable[bytes]:
        for name, arrays in self._arrays.items():
            place = self.workspace.places[name].get(school)
            if place is None:
                yield b"none"
                continue
            panel = self.workspace.panels[name]
            first, end = panel.offsets[place : place + 2].tolist()
            yield from (array[first:end].tobytes() for array in arrays)
            yield bytes([bool(panel.ratio[place])])

    @cached_property
    def _arrays(self) -> Mapping[str, tuple[Array, ...]]:
        """By measure, the arrays with a value for each point."""
        return {
            name: (panel.period.to_numpy(), *(getattr(panel, one) for one in POINTWISE))
            for name, panel in self.workspace.panels.items()
        }

    @cached_property
    def _panels(self) -> tuple[bytes, ...]:
        found = []
        for name, arrays in self._arrays.items():
            panel = self.workspace.panels[name]
            found += ["\0".join(panel.keys["school"]).encode(), panel.offsets.tobytes(), panel.ratio.tobytes()]
            found += [array.tobytes() for array in arrays]
        return tuple(found)
