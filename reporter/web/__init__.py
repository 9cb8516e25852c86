"""The browser's room: pages over the actions. It decides how things are shown, never whether they may happen."""
