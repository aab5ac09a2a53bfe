"""The improvement log in and out: sheets, workbooks, forms and worksheets."""

from pdsa.exchange.tables import export_folder, export_workbook, read_events

__all__ = ["export_folder", "export_workbook", "read_events"]
