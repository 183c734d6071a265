"""What is made of mistakes: two at once, all explanations, what follows trivially; `tirgul slips` and the help page."""

from __future__ import annotations

import json

import pytest

from exercises.exercise import Exercise, Instance, Part, Text
from grader.judge import Marker, judge
from grader.readings import examples
from grader.slips import recognised
from grader.verdict import Follows, Right, Slip, Slipped, Unreadable, Wrong
from reports.feedback import hints
from reports.words import words
from solver.derivation import MOST_REPLAYS, TERM_FORGOTTEN, Given, formula, mistakes, total
from solver.notation.reading import read
from tests.rules import bank
from tirgul.cli import run

BANK = {exercise.id: exercise.canonical() for exercise in bank()}


def names(verdict: object) -> set[frozenset[str]]:
    assert isinstance(verdict, Slipped), verdict
    return {frozenset(slip.name for slip in explanation) for explanation in verdict.slips}


def test_two_slips_at_once() -> None:
    """The +1 forgotten in the convolution, and the divisions of the pooling: neither alone explains it."""
    answer = str(9 * 9 * 3 * 16 + 4 * 4 * 3 * 4)
    assert frozenset({"no_plus_one", "divisions_forgotten"}) in names(judge(BANK["11.1"], "4", answer).verdict)


def test_a_forgotten_term_and_a_slip() -> None:
    answer = str(5 * 5 * 3 * 4 + 4)  # the convolution forgotten, the biases counted
    assert frozenset({TERM_FORGOTTEN, "biases_counted"}) in names(judge(BANK["11.1"], "3", answer).verdict)


def test_a_slip_made_once_and_made_everywhere() -> None:
    once = judge(BANK["11.1"], "1b", "6x6x3").verdict
    assert isinstance(once, Slipped)
    assert {slip.about for explanation in once.slips for slip in explanation} == {"conv"}
    everywhere = judge(BANK["11.1"], "1b", "3x3x3").verdict
    assert isinstance(everywhere, Slipped)
    assert {slip.about for explanation in everywhere.slips for slip in explanation} == {""}


def test_all_explanations_are_named() -> None:
    verdict = judge(BANK["11.3"], "2.2", "n Var(w) Var(x)").verdict
    assert names(verdict) >= {frozenset({"mean_forgotten"}), frozenset({"variances_multiplied"})}


@pytest.mark.parametrize("exercise", sorted(BANK))
def test_no_more_replays_than_allowed_and_fewest_slips_first(exercise: str) -> None:
    for key in BANK[exercise].keys.values():
        slips = [len(mistake.slips) for mistake in mistakes(key)]
        assert len(slips) <= MOST_REPLAYS
        assert slips == sorted(slips)


# --- what follows


TEXT = Text("שאלה", "question")
PRODUCT = formula("area", "h*w", one_side="h")


def chained() -> Instance:
    """Three parts, each resting on the one before."""

    def derive() -> dict[str, object]:
        first = PRODUCT("a", h=Given("h", 3), w=5)
        second = PRODUCT("b", h=first, w=7)
        return {"1": first, "2": second, "3": total({"b": second, "more": Given("more", 11)})}

    return Instance(Exercise("chain", TEXT, TEXT, {}, tuple(Part(one, TEXT) for one in "123"), derive), {})


def test_follow_through_over_a_chain_of_parts() -> None:
    wrong = {"1": "16", "2": str(16 * 7)}
    assert judge(chained(), "2", str(16 * 7), {"1": "16"}).verdict == Follows(("1",))
    assert judge(chained(), "3", str(16 * 7 + 11), {"1": "16"}).verdict == Follows(("1",))
    assert isinstance(judge(chained(), "3", str(16 * 7 + 11), wrong).verdict, Follows)
    assert judge(chained(), "3", str(100 + 11), {"1": "16", "2": "100"}).verdict == Follows(("1", "2"))


def test_what_leaves_nothing_to_work_out_earns_nothing() -> None:
    assert judge(chained(), "2", "0", {"1": "0"}).verdict == Wrong("trivial")
    assert judge(chained(), "3", "11", {"1": "0"}).verdict != Right()
    assert judge(BANK["11.3"], "1.4", "0", {"1.3": "0"}).verdict in (Wrong(), Wrong("trivial"))
    assert judge(BANK["11.3"], "2.3", "0", {"2.2": "0"}).verdict == Wrong("trivial")


def test_many_wrong_parts_are_followed() -> None:
    lenet = BANK["lenet5"]
    parts = [part for part in lenet.keys if part.startswith("parameters.") and part != "parameters.total"]
    earlier = {part: str(int(str(lenet.key(part))) + 7) for part in parts}
    wrong = int(str(lenet.key("parameters.total"))) + 7 * len(parts)
    said = judge(lenet, "parameters.total", str(wrong), earlier).verdict
    assert isinstance(said, Follows)
    assert set(said.parts) == set(parts)


# --- what is said


@pytest.mark.parametrize("language", ["he", "en"])
def test_every_recognised_slip_has_a_hint(language: str) -> None:
    say = words(language).say
    for instance in BANK.values():
        for key in instance.keys.values():
            for mistake in mistakes(key):
                slip = Slip(mistake.steps[0].rule.name, mistake.slips[0][0])
                assert len(hints(say, Slipped(((slip,),)))) == 1


def test_slips_are_listed_with_their_collisions() -> None:
    found = {str(one.value): one for one in recognised(Marker(BANK["11.3"]), "2.2")}
    assert found["n*Var(w[1])*Var(x[1])"].collides
    assert not found["n*E(x[1])**2*Var(w[1])"].collides
    assert not any(one.is_key for one in found.values())


def test_a_slip_that_leads_to_the_key_is_told() -> None:
    rule = formula("area", "floor(h/w)", rounded="h/w", same="floor((2*h)/(2*w))")
    key = rule(h=Given("h", 4), w=Given("w", 3))
    exercise = Exercise("same", TEXT, TEXT, {}, (Part("1", TEXT),), lambda: {"1": key})
    assert [len(one.explanations) for one in recognised(Marker(Instance(exercise, {})), "1")] == [1]


def test_the_command_lists_slips(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["slips", "11.1", "2", "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "11.1/2: the answer is 48"
    assert any(line.split()[:1] == ["51"] and "biases" in line for line in lines)
    assert run(["slips", "11.3", "2.2", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["schema"] == "tirgul/slips/1"
    answers = {one["answer"]: one for one in data["parts"][0]["slips"]}
    assert answers["n·Var(w_1)·Var(x_1)"]["warnings"] == ["collide"]


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_help_page_is_the_table(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", "answers", "--lang", language]) == 0
    page = capsys.readouterr().out
    assert all(words(language).say(f"answers.{heading}") in page for heading in examples())
    assert "1/2n" in page
    assert run(["help", "answers", "--json", "--lang", language]) == 0
    rows = [row for one in json.loads(capsys.readouterr().out)["headings"] for row in one["rows"]]
    assert len(rows) == sum(map(len, examples().values()))
    for row in rows:
        said = read(row["text"], row.get("names") or None)
        if "reason" in row:
            assert isinstance(said, Unreadable)


def test_help_on_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", "check", "--lang", "en"]) == 0
    assert "--earlier" in capsys.readouterr().out
    assert run(["help"]) == 0
    assert run(["help", "nothing"]) == 2
