"""Files -> what stands in them, with the row numbers that a spreadsheet shows.

Nothing is interpreted: every cell is text as found. `read_grids` reads any kind of table in a child process with
limits, for files that nobody has described yet; `read_input` reads the files that a params file describes.
"""

from __future__ import annotations

from pdsa.read.apart import read_grids, read_many
from pdsa.read.gather import grids_of
from pdsa.read.grid import KINDS, Fact, Grid
from pdsa.read.options import ReadOptions
from pdsa.read.tables import RawTable, read_csv, read_input

__all__ = [
    "KINDS",
    "Fact",
    "Grid",
    "RawTable",
    "ReadOptions",
    "grids_of",
    "read_csv",
    "read_grids",
    "read_input",
    "read_many",
]
