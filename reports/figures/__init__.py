"""Pictures as SVG: `drawing` draws any figure; primitives are in `svg`, and a module for each family of figures."""
