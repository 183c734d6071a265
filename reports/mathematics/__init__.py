"""Printers of the formula tree, one module a notation; each is total over the closed set of nodes."""
