"""What is remembered of the store is what the store says, whatever is read and kept at the same time."""

import threading
import time
from itertools import combinations

import pytest

from grader.store import Attempt
from tirgul.desk import Sheet
from tirgul.service import Who, states
from tirgul.web.recent import Recent, Work

WHO, PLACE = Who("a", "t"), ("11.1", "")
SHEET = Sheet({}, {"1": "whole", "2": "whole"})


class Store:
    """Rows in their order; what is read may be told later than it was read."""

    def __init__(self):
        self.rows = []

    def read(self):
        return Work(SHEET, states(SHEET.kinds, list(self.rows), {}))

    def keep(self, number):
        kept = Attempt(str(number), "a", "t", *PLACE, "1", "answer", str(number), "wrong")
        self.rows.append(kept)
        return kept


def answers(work):
    return {one.id for one in work.states["1"].answers}


READER = ("begin", "look", "end")
ANSWER = ("get", "keep", "after")


def reader(recent, store):
    """A page that is opened, step by step: it begins, it looks into the store, it ends."""
    look, looked, end = threading.Event(), threading.Event(), threading.Event()

    def reading():
        look.wait(5)
        found = store.read()
        looked.set()
        end.wait(5)
        return found

    thread = threading.Thread(target=recent.read, args=(WHO, PLACE, reading))
    thread.start()
    while (WHO.session, PLACE) not in recent._reading:
        time.sleep(0.0001)
    yield
    look.set()
    looked.wait(5)
    yield
    end.set()
    thread.join(5)
    yield


def answering(recent, store):
    """An answer, step by step: what was before it, it is kept, it is remembered."""
    before = recent.get(WHO, PLACE) or store.read()
    yield
    kept = store.keep(1)
    yield
    recent.after(WHO, PLACE, before, kept)
    yield


def orders():
    """All orders of the steps of a page and of an answer."""
    for places in combinations(range(6), 3):
        page, answer = iter(READER), iter(ANSWER)
        yield [next(page) if at in places else next(answer) for at in range(6)]


@pytest.mark.parametrize("order", list(orders()), ids=" ".join)
@pytest.mark.parametrize("known", [True, False])
def test_a_page_and_an_answer_in_any_order(order, known):
    recent, store = Recent(), Store()
    store.keep(0)
    if known:
        recent.read(WHO, PLACE, store.read)
    page, answer = reader(recent, store), answering(recent, store)
    for step in order:
        next(page if step in READER else answer)
    remembered = recent.get(WHO, PLACE)
    assert remembered is None or answers(remembered) == {"0", "1"}
    assert remembered is not None or not known


def test_what_is_forgotten_is_read_again():
    recent, store = Recent(), Store()
    store.keep(0)
    recent.read(WHO, PLACE, store.read)
    recent.forget(WHO, PLACE)
    assert recent.get(WHO, PLACE) is None


def test_a_reading_that_fails_leaves_nothing_behind():
    recent = Recent()

    def reading():
        raise LookupError

    with pytest.raises(LookupError):
        recent.read(WHO, PLACE, reading)
    assert recent.get(WHO, PLACE) is None and not recent._reading
