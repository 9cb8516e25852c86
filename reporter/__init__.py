"""CMR Reporter: structured reports for cardiovascular magnetic resonance, and who may sign them how fast."""

__version__ = "0.1.0"
