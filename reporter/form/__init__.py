"""The template engine: it knows fields, not hearts."""
