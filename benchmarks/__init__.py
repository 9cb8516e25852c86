"""What is measured, against what. Each module has one `measure() -> dict[str, float]`; ratios are taken in one run."""
