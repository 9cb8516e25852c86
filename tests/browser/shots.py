"""Pictures of pages for the documentation: taken only when they are asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"


def take(page: Any, name: str, *, whole: bool = False) -> Path | None:
    """A picture of a page as `docs/screenshots/<name>.png` when CMR_SCREENSHOTS=1; otherwise nothing.

    Elsewhere than in docs when CMR_SCREENSHOTS names a folder. `whole` takes the page to its end.
    """
    wanted = os.environ.get("CMR_SCREENSHOTS", "")
    if not wanted:
        return None
    folder = FOLDER if wanted == "1" else Path(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=str(path), full_page=whole, animations="disabled")
    return path
