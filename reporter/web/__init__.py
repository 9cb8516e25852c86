"""The browser: pages that a department works in all day."""
