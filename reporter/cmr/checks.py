"""Every check by name: `CHECKS`. Answers that contradict each other, and what a person should confirm before signing.

Checks of figures, of urgency and of the free text stand in modules of their own; importing this one registers them.
The tolerances are this project's, to be confirmed by the site's clinical owner.
"""

from __future__ import annotations

from reporter.cmr import checks_of_figures, checks_of_text, checks_of_urgency
from reporter.cmr.checking import CHECKS, Check, Contradiction
from reporter.cmr.facts import Facts

#: Where each check stands, for the page of checks.
SUBJECTS = {"Figures": checks_of_figures, "Urgency": checks_of_urgency, "Free text": checks_of_text}

__all__ = ["CHECKS", "SUBJECTS", "Check", "Contradiction", "Facts"]
