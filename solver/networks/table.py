"""The whole table of operations: the modules that enter operations in it are imported here."""

from __future__ import annotations

from solver.networks import arithmetic as arithmetic
from solver.networks import arranging as arranging
from solver.networks.operations import OPERATIONS as OPERATIONS
