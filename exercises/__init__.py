"""Content: one file an exercise, its numbers, its texts in both languages, and the derivation of every key."""
