"""`python -m tirgul` is the command `tirgul`."""

from tirgul.cli import main

main()
