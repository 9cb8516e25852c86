"""The signed report on paper: one tagged PDF, the same bytes whenever it is made from the same signed version."""

from reporter.integration.pdf.making import CannotPrint, render

__all__ = ["CannotPrint", "render"]
