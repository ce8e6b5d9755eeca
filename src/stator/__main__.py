"""`python -m stator`."""

from stator.cli.main import main

main()
