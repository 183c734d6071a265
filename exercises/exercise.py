"""What an exercise is: numbers that may be drawn, texts in both languages, and a derivation for the key of every part.

Texts hold mathematics between dollar signs in plain notation, `$D_in - K + 1$`, and numbers of the exercise in braces,
`{n}`. Keys of one exercise are derived together, so that parts share the nodes they share: where the answer to one part
is a premise of another, the second can be judged as it follows from the first. Those keys that take SymPy, where others
do not, may be derived `Later`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from fractions import Fraction
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from solver.derivation import Derivation, Derived, DoesNotFit, Given, Quantity, value_of
from solver.frozen import frozen
from solver.values import Shape, Value

if TYPE_CHECKING:  # an exhibit has texts in it
    from exercises.exhibit import Exhibit, Figure

Language: TypeAlias = Literal["he", "en"]
LANGUAGES: tuple[Language, ...] = ("he", "en")

STATEMENT = ""
"""Where exhibits stand that go with no part but with the statement."""

Numbers: TypeAlias = "Mapping[str, int | tuple[int, ...]]"


class BadExercise(Exception):
    """The exercise file is wrong; shown to authors and staff, never beside a student's answer.

    `problem` is a key of the catalogs and `data` what it is about.
    """

    def __init__(self, exercise: str, problem: str, **data: object) -> None:
        super().__init__(exercise, problem, data)
        self.exercise, self.problem, self.data = exercise, problem, data

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.data.items())
        return f"{self.exercise}: {self.problem} {shown}"


@final
@frozen(slots=True)
class Text:
    """The same words in both languages."""

    he: str
    en: str

    def said(self, language: Language, numbers: Numbers | None = None) -> str:
        """The words in one language, with the numbers put in."""
        words: str = getattr(self, language)
        return words.format_map(dict(numbers)) if numbers is not None else words


@final
@frozen(slots=True)
class Range:
    """A whole number drawn from low to high, both included; `canonical` is the course's own."""

    low: int
    high: int
    canonical: int


@final
@frozen(slots=True)
class Row:
    """A row of whole numbers, each drawn from low to high; `canonical` is the course's own."""

    low: int
    high: int
    canonical: tuple[int, ...]


@final
@frozen(slots=True)
class Option:
    """One of the answers to choose from; a student may type its id, its number or any of its other names."""

    id: str
    text: Text
    also: tuple[str, ...] = ()


@final
@frozen(slots=True)
class Quantities:
    """What the names in a formula stand for, and which equations say what was asked.

    independent  random names that are mutually independent     centred  those of them with mean 0
    also         other spellings: {"w": "w_1"}                  sizes    positive whole numbers
    known        further names that an answer may use
    assumes      what the steps of a working may rest on: ("independent(w, x)", "centred(w)")
    stands_for   what a name in a working is short for: {"v": "sum(i, 1, n, w_i*x_i)"}
    says         left sides of equations and what their right sides then are of the key: {"std(w_1)": "sqrt(key)"}
    """

    independent: tuple[str, ...] = ()
    centred: tuple[str, ...] = ()
    also: Mapping[str, str] = field(default_factory=dict)
    sizes: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)
    assumes: tuple[str, ...] = ()
    stands_for: Mapping[str, str] = field(default_factory=dict)


@final
@frozen(slots=True)
class Derivatives:
    """The residual block whose derivatives a formula is in: with its skip or without, its inner path dead or not.

    `asked` is what the formula is for, in plain notation.
    """

    asked: str = "dC/dx_m"
    skip: bool = True
    dead: bool = False


@final
@frozen(slots=True)
class Code:
    """A class of a network to write, or a function that trains one; it is read and not run.

    reference  code that is right, with the exercise's numbers as $name       wanted     what the class is called
    input      the shape of one input, without a batch axis                   arguments  what the class is made with
    forbidden  kinds of layers that must not be in it
    Where there is no input a training loop is asked for.
    """

    reference: str
    wanted: str = ""
    input: tuple[int, ...] = ()
    arguments: tuple[int, ...] = ()
    forbidden: tuple[str, ...] = ()

    def right(self, numbers: Numbers) -> str:
        """The reference with the numbers put in."""
        from string import Template  # only code has a reference

        return Template(self.reference).substitute(numbers)


@final
@frozen(slots=True)
class Part:
    """One question with one key.

    The kind of answer follows from the key: a whole number, a shape, a row of numbers, a formula. `options` make it a
    choice (the key is a tuple of truths, one an option, or one truth for two options), `free` a text that a person
    judges, whose key is a count it should contain. `within` is a relative tolerance for a number that is not whole.
    `quantities` are what is known of the random names of a formula in E, Var and Cov, `derivatives` of the block that a
    formula in derivatives is about. Where `lines` is set the steps are asked for, one a line, and a result alone earns
    the share of a slip. Where `code` is set code is asked for.
    `form` is a form that the answer has to have: simplified, factored, expanded, lowest (terms), exact, "decimals 2",
    "significant 3", "significant 3 strict"; the right value in another form earns `formless` of the marks.
    `decimal` declares the decimal mark of the numbers in answers, "." or ",": without it 4,800 is 4800 and 0,5 is 1/2.
    `model` is the answer to a part in words, as the solution sheet shows it; `{key}` in it is the key.
    `slip` and `follows` are the shares of the marks for a recognised mistake and for an answer that follows from an
    earlier wrong one.
    """

    id: str
    ask: Text
    marks: Fraction | int = 1
    options: tuple[Option, ...] = ()
    free: bool = False
    model: Text | None = None
    within: Fraction | None = None
    quantities: Quantities | None = None
    lines: bool = False
    derivatives: Derivatives | None = None
    form: str = ""
    formless: Fraction = Fraction(1, 2)
    code: Code | None = None
    slip: Fraction = Fraction(1, 2)
    follows: Fraction = Fraction(1)
    decimal: Literal[".", ","] | None = None


@final
@frozen(eq=False, slots=True)
class Later:
    """Keys that are derived together when one is asked for: importing SymPy takes longer than judging most answers.

    It stands in the place of each of them. Keys of other parts may not stand in their derivations, nor they in those.
    """

    derive: Callable[[], Mapping[str, Quantity]]


@final
@frozen
class Exercise:
    """An exercise file's one value, EXERCISE.

    `notes` derives further claims that go with the solution; their words are in the catalogs, note.*. `exhibits` gives
    tables and charts for the solutions of parts, `pictures` figures beside the questions that tell no key.
    """

    id: str
    title: Text
    statement: Text
    numbers: Mapping[str, Range | Row]
    parts: tuple[Part, ...]
    derive: Callable[..., Mapping[str, Quantity | Later]]
    needs: Callable[..., bool] = field(default=lambda **_: True)
    source: str = ""
    notes: Callable[[], Mapping[str, Quantity]] = dict
    exhibits: Callable[..., Mapping[str, tuple[Exhibit, ...]]] = field(default=lambda **_: {})
    pictures: Callable[..., Mapping[str, tuple[Figure, ...]]] = field(default=lambda **_: {})

    def canonical(self) -> Instance:
        """The exercise with the course's own numbers."""
        return Instance(self, {name: said.canonical for name, said in self.numbers.items()})


@final
class Keys(Mapping[str, Derivation]):
    """The derivation of each part's key; asking for one that is derived later raises BadExercise where that fails."""

    def __init__(self, exercise: str, said: Mapping[str, Quantity | Later]) -> None:
        self._exercise = exercise
        self._said = said
        self._turn = Lock()
        self._derived = {part: _derivation(part, key) for part, key in said.items() if not isinstance(key, Later)}

    def __getitem__(self, part: str) -> Derivation:
        later = self.later(part)
        with self._turn:
            if later is not None and part not in self._derived:
                self._derived |= self._together(part, later)
        return self._derived[part]

    def _together(self, part: str, later: Later) -> dict[str, Derivation]:
        try:
            made = later.derive()
            return {one: _derivation(one, made[one]) for one in self if self.later(one) is later}
        except Exception as problem:  # an author's function may fail in any way
            kind = type(problem).__name__
            detail = f"{kind}: {problem}"
            raise BadExercise(self._exercise, "keys-fail", part=part, detail=detail, kind=kind) from problem

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)

    def later(self, part: str) -> Later | None:
        """What derives a part's key when it is asked for; None where all keys are derived at once."""
        said = self._said[part]
        return said if isinstance(said, Later) else None

    def beside(self, part: str) -> Mapping[str, Derivation]:
        """The keys that are derived together with a part's: none but these stand in its derivation."""
        return {one: self[one] for one in self if self.later(one) is self.later(part)}


def _derivation(part: str, key: Quantity) -> Derivation:
    return key if isinstance(key, Given | Derived) else Given(part, key)


@final
@frozen
class Instance:
    """An exercise with its numbers chosen."""

    exercise: Exercise
    numbers: Numbers
    variant: str = ""

    @cached_property
    def keys(self) -> Keys:
        """The derivation of each part's key; raises BadExercise where the file does not give one for each part."""
        try:
            derived = self.exercise.derive(**self.numbers)
        except (DoesNotFit, TypeError) as problem:
            raise BadExercise(self.exercise.id, "keys-fail", detail=str(problem)) from problem
        wanted = {part.id for part in self.exercise.parts}
        if wanted != derived.keys():
            differ = ", ".join(sorted(wanted ^ derived.keys()))
            raise BadExercise(self.exercise.id, "parts-differ", parts=differ)
        return Keys(self.exercise.id, {part.id: derived[part.id] for part in self.exercise.parts})

    @cached_property
    def exhibits(self) -> Mapping[str, tuple[Exhibit, ...]]:
        """Tables and charts by part."""
        return self.exercise.exhibits(**self.numbers)

    @cached_property
    def pictures(self) -> Mapping[str, tuple[Figure, ...]]:
        """Figures that students see before they answer, by part."""
        return self.exercise.pictures(**self.numbers)

    def part(self, part_id: str) -> Part:
        """The part with this id; raises KeyError."""
        for part in self.exercise.parts:
            if part.id == part_id:
                return part
        raise KeyError(part_id)

    def key(self, part_id: str) -> Value:
        """The answer to a part."""
        return value_of(self.keys[part_id])

    def model(self, part: Part, language: Language) -> str:
        """The answer to a part in words, "" where the author wrote none."""
        numbers = {**self.numbers, "key": self.key(part.id)}
        return part.model.said(language, numbers) if part.model else ""  # type: ignore[arg-type]  # a key is printable

    def kind(self, part: Part) -> str:
        """The kind of answer that a part takes.

        choice, free, network, training, lines, moment, gradient, or by its key number, whole, shape, row or formula.
        """
        if part.options:
            return "choice"
        if part.free:
            return "free"
        if part.code is not None:
            return "network" if part.code.input else "training"
        if part.lines:
            return "lines"
        if part.quantities is not None:
            return "moment"
        if part.derivatives is not None:
            return "gradient"
        return kind_of(self.key(part.id), part.within is not None)


def kind_of(value: Value, tolerant: bool = False) -> str:
    """The kind of answer that has this value as its key."""
    match value:
        case bool():
            return "choice"
        case _ if tolerant:
            return "number"
        case int():
            return "whole"
        case Fraction():
            return "number"
        case Shape():
            return "shape"
        case tuple():
            return "row"
        case _:
            return "formula"
