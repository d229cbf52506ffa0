"""The report for staff: tickets ─▶ Summary (pure) ─▶ one self-contained HTML file."""

from .html import Live, write_report

__all__ = ["Live", "write_report"]
