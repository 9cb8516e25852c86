"""The rules: who may report, and how fast. Pure; they see facts, never a patient's name."""
