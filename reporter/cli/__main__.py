"""`python -m reporter.cli`, where the `reporter` command is not on the path."""

from reporter.cli import main

main()
