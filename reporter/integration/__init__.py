"""The wires: rendering is pure, sending is separate."""
