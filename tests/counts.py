"""How often a test repeats itself: quick by default, more in CI, and the published figure with `./run test --full`."""

import os


def count(full: int, *, ci: int | None = None, quick: int | None = None) -> int:
    """The number of repetitions for this run. `full` is the figure that the documentation promises."""
    if os.environ.get("CMR_TEST_FULL") == "1":
        return full
    if os.environ.get("CI") == "true":
        return ci if ci is not None else full
    return quick if quick is not None else ci if ci is not None else full
