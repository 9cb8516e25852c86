"""What can be done: one function, one transaction, one audit line. Refusals are sentences."""
