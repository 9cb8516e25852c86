"""The reports, by indication: YAML that a cardiologist can review."""
