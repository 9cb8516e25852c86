"""Every computed quantity in one place: `FORMULAS` by name, and how a number is read and printed.

The formulas themselves stand by subject: body and chambers in `ventricles`, valves and vessels in `flow`, scar and
mapping in `tissue`, the stress test in `stress`. Importing this module registers them all.
"""

from __future__ import annotations

from reporter.cmr import flow, stress, tissue, ventricles
from reporter.cmr.formula import FORMULAS, Computed, Formula, NotComputable, printed
from reporter.cmr.numbers import NotANumber, read_number

#: Where each formula stands, for the page of formulas.
SUBJECTS = {"Body and chambers": ventricles, "Valves and vessels": flow, "Scar and mapping": tissue, "Stress": stress}

__all__ = ["FORMULAS", "SUBJECTS", "Computed", "Formula", "NotANumber", "NotComputable", "printed", "read_number"]
