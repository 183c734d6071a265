"""Texts that are written once."""

from hypothesis import given
from hypothesis import strategies as st

from grader.once import Once


@given(st.lists(st.lists(st.integers(0, 3), max_size=2), max_size=30), st.integers(1, 5))
def test_a_text_is_that_of_its_value_even_where_values_come_and_go(values, most):
    once = Once(repr, most)
    texts = [once([*value]) for value in values]  # objects that nobody else keeps: their ids are soon another's
    assert texts == list(map(repr, values))


def test_an_object_is_written_once_while_there_is_room():
    written: list[list[int]] = []

    def write(value):
        written.append(value)
        return str(value)

    once = Once(write, 2)
    one, two, three = [1], [2], [3]
    assert [once(value) for value in (one, two, one, two)] == ["[1]", "[2]", "[1]", "[2]"]
    assert written == [one, two]
    assert [once(value) for value in (three, one)] == ["[3]", "[1]"]
    assert written == [one, two, three, one]
