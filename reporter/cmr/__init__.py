"""The medicine: quantities, segments, reference ranges, codes. Standard library only, a source on each function."""
