"""Oracles: each step of a derivation asked of something that shares no code with its rule."""
