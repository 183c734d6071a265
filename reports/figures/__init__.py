"""Pictures as SVG: primitives in `svg`, charts of numbers in `charts`. Colours are classes of the style sheet."""
