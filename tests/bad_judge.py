"""A judge with some answers that it does not survive; by itself, since each process that judges loads it."""

import os
import signal
import time

from grader.chunks import judge_chunk

HANGS, DIES, LEAVES, FAILS = "hangs", "dies", "leaves", "fails"


def judge_badly(data: bytes) -> bytes:
    """What is said of a chunk, where it has none of these answers."""
    if HANGS.encode() in data:
        time.sleep(60)
    if DIES.encode() in data:
        os.kill(os.getpid(), signal.SIGKILL)
    if LEAVES.encode() in data:
        os._exit(0)
    if FAILS.encode() in data:
        raise MemoryError
    return judge_chunk(data)
