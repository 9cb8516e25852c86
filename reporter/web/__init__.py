"""The browser's room: Flask pages over the actions. It decides how things are said and shown, never whether they may happen."""
