"""The report for staff: tickets ─▶ Summary (pure) ─▶ one self-contained HTML file."""

from .html import Live, write_report
from .rapor import month_of
from .rapor_page import read_rapor, write_csv, write_page

__all__ = ["Live", "month_of", "read_rapor", "write_csv", "write_page", "write_report"]
