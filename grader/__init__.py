"""Judges: answers in, verdicts and marks out. Knows no markup and no language."""
