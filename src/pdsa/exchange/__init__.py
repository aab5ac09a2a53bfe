"""The improvement log in and out: sheets, workbooks, forms and worksheets."""

from pdsa.exchange.heads import verify_events
from pdsa.exchange.tables import export_folder, export_workbook, read_events, slice_of
from pdsa.exchange.taken import changes_of, read_sheets
from pdsa.exchange.worksheet import write_worksheet

__all__ = [
    "changes_of",
    "export_folder",
    "export_workbook",
    "read_events",
    "read_sheets",
    "slice_of",
    "verify_events",
    "write_worksheet",
]
