"""Imported by the fork server of the pool alone: its children are born with a desk that is warm."""

import gc

from tirgul.web.worker import warm

warm()
gc.freeze()  # what is there by now stays, and is shared: no worker has to look through it
