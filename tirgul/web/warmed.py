"""Imported by the fork server of the pool alone: its children are born with a desk that is warm."""

from tirgul.web.worker import warm

warm()
