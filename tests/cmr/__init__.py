"""Tests of cmr."""
