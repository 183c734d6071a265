"""Documents as source text, for people who paste into documents of their own: LaTeX and Markdown."""
