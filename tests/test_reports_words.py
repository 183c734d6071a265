"""The catalogs say all that rules, slips, reasons and pages need, the same in both languages, and nothing else."""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, get_args

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import solver
from exercises.errata import By
from exercises.exercise import LANGUAGES
from exercises.library import BANK, files, load_file
from grader import code
from grader.algebra import REARRANGED
from grader.batch import CRASHED, UNREAD
from grader.chances import MEAN_TAKEN_FOR_ZERO
from grader.judge import EVERY_KIND
from grader.lines import STEPS_MISSING
from grader.readings import examples
from grader.verdict import NAMES, Follows, Review, Right, Slip, Slipped, StepVerdict, Unreadable, Wrong
from reports.feedback import feedback
from reports.words import CATALOGS, Unsaid, read_catalog, words
from solver.conventions import CONVENTIONS
from solver.derivation import TERM_FORGOTTEN, Derivation, Derived, Rule, nodes
from solver.deriving import FACTS
from solver.moments.assumptions import DEFINITION, KINDS, NORMAL
from solver.moments.propagation import ASSUMPTIONS, SCHEMES
from solver.moments.propagation.state import LABELS
from solver.notation.forms import LACKS, ROUNDED_WRONGLY
from solver.notation.unreadable import REASONS
from solver.verify.networks import CLAIMS
from tests.sources import ROOT, needing

PLACEHOLDER = re.compile(r"%\((\w+)\)s")


# --- what there is to be said


def modules() -> list[str]:
    """The solver's modules, without those that need torch."""
    torch = {path.with_suffix("").as_posix().replace("/", ".") for path in needing("torch")}
    return [found.name for found in walk_packages(solver.__path__, "solver.") if found.name not in torch]


def rules_in(value: Any) -> Iterator[Rule]:
    """The rules in a module's value: itself, those in a dict, those that a cached factory makes."""
    if isinstance(value, Rule):
        yield value
    elif isinstance(value, dict):
        for inside in value.values():
            yield from rules_in(inside)
    elif hasattr(value, "cache_info") and inspect.signature(value).return_annotation == "Rule":
        kinds = {"int": (2,), "bool": (False, True)}
        arguments = (kinds[parameter.annotation] for parameter in inspect.signature(value).parameters.values())
        for chosen in product(*arguments):
            yield value(*chosen)


def keys_of_the_bank() -> Iterator[Derivation]:
    for path in files(BANK):
        yield from load_file(path).canonical().keys.values()


@cache
def every_rule() -> dict[str, set[str]]:
    """The names of all rules that readers are shown, each with the names of its slips."""
    values = [value for name in modules() for value in vars(import_module(name)).values()]
    found = [rule for value in values for rule in rules_in(value)]
    found += [node.rule for key in keys_of_the_bank() for node in nodes(key) if isinstance(node, Derived)]
    named: dict[str, set[str]] = {}
    for rule in found:
        if not rule.hidden:
            named.setdefault(rule.name, set()).update(rule.slips)
    return named


def sources(*folders: str) -> str:
    """The text of all modules and templates."""
    paths = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")))
    return "".join(path.read_text(encoding="utf-8") for path in paths if path.suffix in (".py", ".jinja"))


def strings(*folders: str, place: int, calls: tuple[str, ...]) -> set[str]:
    """The strings that stand at one place of calls of these functions."""
    found = set()
    for path in sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) > place:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in calls:
                    found |= {part.value for part in values_of(node.args[place]) if isinstance(part.value, str)}
    return found


METHODS = (
    *("loops", "torch", "range", "definition", "models", "models_evidence"),
    *("numel", "flop_counter", "gradient", "marked"),  # of whole networks
    *("derivatives", "integrals", "integrals_evidence", "chi_square", "sign_flip", "e_process"),
)
MISFITS = ("join.agreed", "join.alike", "broadcast", "reshaped", "axis")
"""What may not fit and has no rule that readers are shown."""


def keywords(folder: str, name: str, calls: tuple[str, ...]) -> set[str]:
    """The strings that are passed to these functions under a name."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / folder).rglob("*.py")))
    called = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    passed = (given for node in called if getattr(node.func, "id", "") in calls for given in node.keywords)
    return {str(part.value) for given in passed if given.arg == name for part in values_of(given.value)}


def values_of(node: ast.expr) -> Iterator[ast.Constant]:
    """The constants that an argument may be."""
    match node:
        case ast.Constant():
            yield node
        case ast.IfExp(_, yes, no):
            yield from values_of(yes)
            yield from values_of(no)



def simulated_settings() -> set[str]:
    """What simulations draw, as they call it; read off the source, for torch need not be there."""
    calls = strings("solver/verify", place=2, calls=("Simulation",))
    return calls | {"normal", "uniform", "laplace", "student"}


@cache
def wanted() -> set[str]:
    """The keys that are put together at run time."""
    slips = set().union(*every_rule().values()) | {"channels_left_out", TERM_FORGOTTEN, *LACKS.values()}
    slips |= {MEAN_TAKEN_FOR_ZERO, STEPS_MISSING, ROUNDED_WRONGLY, "sizes_multiplied"}
    slips |= {*code.SLIPS, *code.LOOP_SLIPS}
    unreadable = {*REASONS, *strings("grader", place=0, calls=("Unreadable",))}
    problems = strings("grader", place=2, calls=("Problem",)) | strings("grader", place=1, calls=("Broken", "_refuse"))
    bad = strings("exercises", place=1, calls=("BadExercise",))
    review = strings("grader", place=0, calls=("Review",)) | {CRASHED, UNREAD}
    return {
        *(f"rule.{name}" for name in (*every_rule(), REARRANGED)),
        *(f"slip.{name}" for name in slips),
        *(f"unreadable.{reason}" for reason in unreadable),
        *(f"unreadable.code_{reason}" for reason in code.UNREAD),
        *(f"code.{name}" for name in (*code.SHARES, *(f"loop_{event}" for event in code.EVENTS))),
        *(f"code.not.{name}" for name in {*code.BROKEN, *code.SHARES, *code.LOOP_SLIPS} - {"runs"}),
        *(f"problem.{reason}" for reason in problems),
        *(f"run.{reason}" for reason in strings("solver/verify", place=0, calls=("NotRun",))),
        *(f"bad_exercise.{problem}" for problem in bad),
        *(f"review.{reason}" for reason in review),
        *(f"verdict.{name}" for name in (*NAMES.values(), "missing")),
        *(f"check.{verdict}" for verdict in ("verified", "refuted", "inconclusive")),
        *(f"method.{method}" for method in METHODS),
        *(f"count.item.{item}" for convention in CONVENTIONS.values() for item in convention.items),
        *(f"answers.{heading}" for heading in examples()),
        *(f"working.{verdict}" for verdict in get_args(StepVerdict)),
        *(f"feedback.write.{kind}" for kind in EVERY_KIND),
        *(f"because.{reason}" for reason in ("polynomial", "mixtures", "integrated")),
        *(f"assumption.{kind}" for kind in (*KINDS, NORMAL, DEFINITION)),
        *(f"follow.{reason}" for reason in strings("solver", place=0, calls=("CannotFollow",))),
        *(f"misfit.{rule}" for rule in MISFITS),
        *(f"derive.{fact}" for fact in FACTS),
        *(f"claim.{key}" for key in CLAIMS),
        *(f"propagation.{name}" for name in ASSUMPTIONS),
        *(f"note.{name}" for path in files(BANK) for name in load_file(path).notes()),
        *(f"no_moments.{why}" for why in {"other", *keywords("solver", "why", calls=("NoMoments",))}),
        *(f"init.scheme.{name}" for name in (*SCHEMES, "gain", "residual", "any", "recommended")),
        *(f"init.label.{label.replace(' ', '_')}" for label in LABELS),
        *(f"setting.{setting}" for setting in simulated_settings()),
        *(f"sample.planted_{verdict}" for verdict in ("refuted", "inconclusive")),
        *(f"errata.by_{by}" for by in get_args(By)),
        *(f"errata.without_{lacking}" for lacking in ("torch", "data")),
    }


# --- the catalogs are complete, and alike


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_has_words(language):
    assert sorted(wanted() - words(language).messages.keys()) == []


def test_the_languages_have_the_same_keys():
    he, en = (words(language).messages.keys() for language in LANGUAGES)
    assert sorted(he ^ en) == []


@pytest.mark.parametrize("key", sorted(words("en").messages))
def test_the_languages_have_the_same_placeholders(key):
    named = {
        frozenset(PLACEHOLDER.findall(form)) - {"n"} for language in LANGUAGES for form in words(language).messages[key]
    }
    assert len(named) == 1


def test_answers_to_several_parts_are_named_in_the_plural():
    several = (Follows(("1b", "2")), Follows(("1b", "2"), ((Slip("window.output_size", "no_plus_one"),),)))
    for verdict in several:
        assert "לסעיפים 1b, 2" in feedback(words("he").say, verdict)
        assert "to parts 1b, 2" in feedback(words("en").say, verdict)
    assert "לסעיף 2." in feedback(words("he").say, Follows(("2",)))


@cache
def sources_of_the_bank():
    """Where the exercises and the rules of their keys are from."""
    rules = {node.rule.source for key in keys_of_the_bank() for node in nodes(key) if isinstance(node, Derived)}
    return (rules | {load_file(path).source for path in files(BANK)}) - {""}


def test_sources_are_said_in_the_readers_language_but_for_the_names_of_publications():
    name = r"(?:[A-Z][\w.]*|&|and|et al\.)"
    called = re.compile(rf"{name}(?:,? {name})* \d{{4}}\b[^;:]*|Ross, .*|torch, \S+")
    for source in sources_of_the_bank():
        assert f"source.{source}" in words("he").messages or called.fullmatch(source), source


def test_every_key_is_used():
    """A key, or the reason that is its last word, is spelled out somewhere; rules and slips are those there are."""
    texts = sources("reports", "tirgul", "grader", "exercises")
    families = {match[1] for match in re.finditer(r'"([a-z_.]+\.)(?:" ~|\{)', texts)}

    def is_used(key: str) -> bool:
        family, _, reason = key.rpartition(".")
        put_together = f"{family}." in families and f'"{reason}"' in texts
        help_of_a_command = key.startswith(("cli.help.", "cli.option."))
        return key in texts or put_together or help_of_a_command

    from tests.test_reports_speech import keys_spoken  # which reads this module

    known = wanted() | keys_spoken() | {f"source.{source}" for source in sources_of_the_bank()}
    assert [key for key in words("en").messages if key not in known and not is_used(key)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_sources_say_is_in_the_catalogs(language):
    texts = re.sub(r'"""(?s:.*?)"""', "", sources("reports", "tirgul"))
    said = set(re.findall(r'\b(?:say|count|say_count|sentence|said)\(\s*"([a-z_.]+[a-z_])"', texts))
    assert len(said) > 50
    assert sorted(key for key in said if key not in words(language)) == []


# --- the catalogs are well made


@pytest.mark.parametrize("language", LANGUAGES)
def test_babel_reads_the_same(language):
    path = CATALOGS / f"{language}.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=language, abort_invalid=True)
    theirs = {
        message.id if isinstance(message.id, str) else message.id[0]: (
            message.string if isinstance(message.string, tuple) else (message.string,)
        )
        for message in catalog
        if message.id
    }
    assert theirs == words(language).messages
    assert [(message.id, error) for message, errors in catalog.check() for error in errors] == []
    assert len(theirs) == path.read_text(encoding="utf-8").count("msgid ") - 1, "a key is said twice"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_empty(language):
    assert [key for key, forms in words(language).messages.items() if not all(map(str.strip, forms))] == []


SAME_IN_BOTH = {
    "page.language.he",
    "page.language.en",
    "check.by",
    "check.scope",
    "check.badge",
    "step.of",
    "step.parts",
}
SAME_IN_BOTH |= {"feedback.noted", "feedback.or", "working.and", "working.by"}


def test_hebrew_is_hebrew_and_english_is_not():
    hebrew = re.compile("[א-ת]")
    assert {key for key, forms in words("he").messages.items() if not hebrew.search(forms[0])} <= SAME_IN_BOTH
    assert {key for key, forms in words("en").messages.items() if hebrew.search(forms[0])} == {"page.language.he"}


@pytest.mark.parametrize(
    "language, n, said",
    [
        ("he", 1, "סטודנט או סטודנטית"),
        ("he", 2, "שני סטודנטים"),
        ("he", 11, "11 סטודנטים"),
        ("en", 1, "1 student"),
        ("en", 2, "2 students"),
    ],
)
def test_plurals(language, n, said):
    assert words(language).say_count("count.students", n) == said


def test_a_missing_key_is_named():
    with pytest.raises(Unsaid, match=r"he\.po has no words for 'no\.such\.key'"):
        words("he").say("no.such.key")


@pytest.mark.parametrize("language", LANGUAGES)
def test_slips_tell_no_number(language):
    """What a mistake was is said without the number that would be right."""
    told = {key: forms[0] for key, forms in words(language).messages.items() if key.startswith("slip.")}
    assert {key for key, form in told.items() if re.search(r"\d", form)} <= {"slip.no_plus_one"}


@given(st.lists(st.tuples(st.text("ab.", min_size=1), st.text(max_size=30)), unique_by=lambda pair: pair[0]))
def test_any_message_is_read_back(pairs):
    printable = [(key, text.replace("\r", "").encode("utf-8", "replace").decode()) for key, text in pairs]
    printable = [(key, "".join(c for c in text if c.isprintable() or c in "\n\t")) for key, text in printable]

    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'

    source = "\n\n".join(f"msgid {quoted(key)}\nmsgstr {quoted(text)}" for key, text in printable)
    assert read_catalog(source) == {key: (text,) for key, text in printable}


def test_reading_a_catalog_needs_no_library():
    source = Path(inspect.getfile(read_catalog)).read_text(encoding="utf-8")
    assert not {"babel", "jinja2"} & {name.name for name in ast.walk(ast.parse(source)) if isinstance(name, ast.alias)}


# --- feedback


VERDICTS = [
    None,
    Right(),
    Follows(("1a",)),
    Follows(("1a", "1b"), ((Slip("dense.weights", "biases_counted"),),)),
    Slipped(((Slip("window.output_size", "no_plus_one", "conv"),), (Slip("dense.weights", "biases_counted"),))),
    Slipped(((Slip("window.output_size", "no_plus_one"), Slip("dense.weights", "biases_counted")),)),
    Slipped(((Slip("own.rule", "own_slip"),),)),
    Wrong(),
    *(Unreadable(reason, 0, "%(word)s %s") for reason in REASONS),
    Review("undecided"),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", VERDICTS, ids=repr)
def test_every_verdict_has_a_sentence(verdict, language):
    assert feedback(words(language).say, verdict).endswith(".")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", REASONS)
def test_no_colon_is_left_hanging(reason, language):
    assert not re.search(r":\s*\.", feedback(words(language).say, Unreadable(reason)))


def test_explanations_are_joined():
    said = feedback(words("en").say, VERDICTS[4])
    assert said.count("; or: ") == 1
    assert "(in conv)" in said
