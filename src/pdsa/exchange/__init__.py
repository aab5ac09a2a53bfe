"""The improvement log in and out: sheets, workbooks, forms and worksheets."""

from pdsa.exchange.tables import export_folder, export_workbook, read_events
from pdsa.exchange.worksheet import write_worksheet

__all__ = ["export_folder", "export_workbook", "read_events", "write_worksheet"]
