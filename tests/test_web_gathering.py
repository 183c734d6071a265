"""Questions that are answered together: each gets its own answer, and one that fails costs the others nothing."""

import asyncio
from contextlib import closing
from threading import Event, Lock

import pytest

from tirgul.web.gathering import Gathered


class Desk:
    """Answers with ten times the question; knows which questions came together; the first waits to be let through."""

    def __init__(self, bad=()):
        self.together, self.bad, self.go, self.turn = [], bad, Event(), Lock()

    def __call__(self, questions):
        with self.turn:
            self.together.append(list(questions))
        self.go.wait(10)
        for one in questions:
            if one in self.bad:
                raise ValueError(one)
        return [10 * one for one in questions]


def ask(desk, questions, *, at_once=1, most=8):
    """What each question is answered, or what it raises; all are asked while the first is under way."""

    async def asked():
        with closing(Gathered(desk, at_once=at_once, most=most)) as gathered:
            first = [asyncio.create_task(gathered.ask(one)) for one in questions[:at_once]]
            while sum(map(len, desk.together)) < at_once:
                await asyncio.sleep(0.001)
            others = [asyncio.create_task(gathered.ask(one)) for one in questions[at_once:]]
            await asyncio.sleep(0.01)
            desk.go.set()
            return await asyncio.gather(*first, *others, return_exceptions=True)

    return asyncio.run(asked())


@pytest.mark.parametrize("at_once, most", [(1, 1), (1, 8), (3, 4), (2, 64)])
def test_each_question_gets_its_own_answer(at_once, most):
    desk = Desk()
    assert ask(desk, range(40), at_once=at_once, most=most) == [10 * one for one in range(40)]
    assert sorted(one for some in desk.together for one in some) == list(range(40))
    assert max(map(len, desk.together)) <= most


def test_who_comes_alone_is_answered_alone_and_who_waits_goes_together():
    desk = Desk()
    ask(desk, range(20))
    assert [len(some) for some in desk.together] == [1, 8, 8, 3]


@pytest.mark.parametrize("bad", [{5}, {0}, {3, 4}, set(range(20))])
def test_what_fails_fails_alone(bad):
    said = ask(Desk(bad), range(20))
    assert [str(one) if isinstance(one, ValueError) else one for one in said] == [
        str(one) if one in bad else 10 * one for one in range(20)
    ]


def test_questions_after_one_that_failed_go_together_again():
    desk = Desk({2})
    ask(desk, range(20))
    assert [len(some) for some in desk.together[:4]] == [1, 8, 8, 3]
    assert sorted(desk.together[4:]) == [[one] for one in range(1, 9)]


def test_what_may_take_long_is_not_overtaken():
    desk = Desk()

    async def asked():
        with closing(Gathered(desk, at_once=1, most=8)) as gathered:
            waiting = [asyncio.create_task(gathered.ask(one, alone=one in (2, 5))) for one in range(8)]
            while not desk.together:
                await asyncio.sleep(0.001)
            desk.go.set()
            return await asyncio.gather(*waiting)

    assert asyncio.run(asked()) == [10 * one for one in range(8)]
    assert [one for some in desk.together for one in some] == list(range(8))
    assert all(len(some) == 1 for some in desk.together if {2, 5} & set(some))


def test_what_may_take_long_goes_alone():
    desk = Desk()

    async def asked():
        with closing(Gathered(desk, at_once=1, most=8)) as gathered:
            desk.go.set()
            return await asyncio.gather(*(gathered.ask(one, alone=one % 3 == 0) for one in range(20)))

    assert asyncio.run(asked()) == [10 * one for one in range(20)]
    assert all(len(some) == 1 for some in desk.together if any(one % 3 == 0 for one in some))


def test_what_was_asked_is_answered_even_when_nobody_waits_for_it_any_more():
    desk = Desk()

    async def asked():
        with closing(Gathered(desk, at_once=1, most=8)) as gathered:
            gone = [asyncio.create_task(gathered.ask(one)) for one in (1, 2)]
            while not desk.together:
                await asyncio.sleep(0.001)
            for one in gone:
                one.cancel()
            desk.go.set()
            return await gathered.ask(3)

    assert asyncio.run(asked()) == 30
    assert sorted(one for some in desk.together for one in some) == [1, 2, 3]


def test_a_desk_that_leaves_an_answer_out_is_not_believed():
    def short(questions):
        return [10 * one for one in questions if one != 3]

    async def asked():
        with closing(Gathered(short, at_once=1, most=8)) as gathered:
            return await asyncio.gather(*(gathered.ask(one) for one in range(6)), return_exceptions=True)

    said = asyncio.run(asked())
    assert [one for one in said if not isinstance(one, ValueError)] == [0, 10, 20, 40, 50]
