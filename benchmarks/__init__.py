"""Measurements: run by hand, on a machine that does nothing else; nothing here is a test."""
