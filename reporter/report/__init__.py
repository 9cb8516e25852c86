"""The life of a report: its document, the states it passes through, and what signing needs."""
