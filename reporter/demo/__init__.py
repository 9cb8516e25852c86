"""The demo: the whole main job on loopback, with invented patients."""
