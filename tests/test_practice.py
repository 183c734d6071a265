"""Practice at the terminal, and the notebook's check."""

import os
import subprocess
import sys
from typing import Any

import pytest

from exercises.exercise import LANGUAGES
from tests.selfcheck import SHELF
from tests.sources import ROOT
from tirgul import cli
from tirgul.notebook import NoSuch
from tirgul.terminal import is_visual, shown


@pytest.fixture
def practise(tmp_path, monkeypatch, capsys):
    """What is said while these lines are typed, and the exit code."""

    def typed(lines, *arguments):
        answers = iter(lines)

        def ask(prompt):
            print(prompt, end="")
            try:
                return next(answers)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr("builtins.input", ask)
        code = cli.run(["practice", *arguments, "--store", str(tmp_path / "p.db")])
        return code, capsys.readouterr().out

    return typed


@pytest.mark.parametrize("language", LANGUAGES)
def test_practice_goes_on_where_it_stopped(practise, language):
    code, said = practise(["10x10x3", "q"], "11.1", "--lang", language)
    assert code == 0 and "11.1/1b" in said and "11.1/2" not in said
    _, said = practise(["5x5x3"], "11.1", "--lang", language)
    assert "11.1/1a" not in said and "11.1/2" in said


def test_practice_gives_hints_and_never_the_answer(practise):
    _, said = practise(["?", "51", "?", "?", "?", "<", ">", "q"], "11.1", "2", "--lang", "en")
    assert "Think of this rule" in said and "C_out = 3" in said and "biases were counted" in said
    assert "no further hint" in said and "48" not in said


def test_practice_says_where_an_answer_cannot_be_read(practise):
    _, said = practise(["4q8"], "11.1", "2", "--lang", "en")
    assert "    4q8\n     ^" in said


def test_practice_to_the_end(practise):
    _, said = practise(["7x7", "1+L(K-1)"], "11.2", "--lang", "en")
    assert "All parts are right" in said


def test_practice_with_fresh_numbers(practise):
    first, second = (practise(["q"], "11.1", "--fresh", "--lang", "en")[1].splitlines()[0] for _ in range(2))
    assert "variant" in first and first != second


def test_practice_names_the_exercises(practise):
    assert "conv1d" in practise([])[1]


def test_a_student_is_forgotten(practise, tmp_path, capsys):
    practise(["7x7", "q"], "11.2", "--student", "123")
    assert cli.run(["forget", "123", "--store", str(tmp_path / "p.db"), "--lang", "en"]) == 0
    assert capsys.readouterr().out.startswith("Records taken away: 1.")


def test_a_store_that_cannot_be_opened_is_named(tmp_path, capsys):
    (tmp_path / "p.db").write_text("no database, but a text of some length" * 40)
    assert cli.run(["forget", "1", "--store", str(tmp_path / "p.db"), "--lang", "en"]) == 2
    assert "p.db cannot be opened" in capsys.readouterr().err


# --- terminals


@pytest.mark.parametrize(
    "text, seen",
    [
        ("\u05d0\u05d1\u05d2", "\u05d2\u05d1\u05d0"),
        ("\u05d2\u05d5\u05d3\u05dc 3×5", "3×5 \u05dc\u05d3\u05d5\u05d2"),
        ("(\u05d0) 48.", ".48 (\u05d0)"),
        ("11.1/1b \u05de\u05d4\u05d5", "\u05d5\u05d4\u05de 11.1/1b"),
        ("k = 4", "k = 4"),
        ("\u2066a\u2069 \u05d0", "\u05d0 a"),
    ],
)
def test_lines_are_turned_where_the_terminal_does_not(text, seen):
    assert shown(text, "he", visual=True) == seen
    assert shown(text, "he", visual=False) == text


def test_a_terminal_is_known_by_what_it_sets(monkeypatch):
    monkeypatch.delenv("WT_SESSION", raising=False)
    monkeypatch.delenv("TERM_PROGRAM", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert not is_visual("auto") and is_visual("visual")
    monkeypatch.setenv("TERM_PROGRAM", "vscode")
    assert is_visual("auto") and not is_visual("logical")
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)
    assert not is_visual("auto")


# --- notebooks


@pytest.fixture
def check():
    import tirgul
    from tirgul import notebook

    notebook._asked.clear()
    return tirgul.check


def test_an_answer_in_a_notebook(check):
    right, slipped = check("11.1/2", 48), check("11.1 2", "51", lang="en")
    assert (bool(right), right.verdict, right.score) == (True, "right", 1.0)
    assert (bool(slipped), slipped.verdict, slipped.score) == (False, "slipped", 0.5)
    assert check("11.1/3", "480", earlier={"1b": "6x6x3"}).verdict == "follows"
    assert check("11.1/6", "because").score is None
    assert check("11.1/2", "48", student="123").verdict in ("wrong", "slipped")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_notebook_is_given(check, language):
    checked = check("conv1d/output", r"D_{in} - K", lang=language).hint()
    bundle = checked._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "text/markdown", "application/vnd.tirgul+json"}
    html = bundle["text/html"]
    assert "<math" not in html and "<script" not in html and 'dir="ltr">$D_' in html
    assert f'dir="{"rtl" if language == "he" else "ltr"}"' in html
    assert "$" in bundle["text/markdown"] and bundle["application/vnd.tirgul+json"]["verdict"] == "slipped"


def test_colab_is_given_mathml(check, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert "<math" in check("conv1d/output", "D_in - K")._repr_html_()


def test_hints_in_a_notebook(check):
    checked = check("11.1/2", "51", lang="en")
    one, two = repr(checked.hint()), repr(checked.hint())
    assert one in two or len(two) > len(one)
    assert "48" not in two and "C_out = 3" in two


def test_hostile_answers_in_a_notebook(check):
    html = check("11.1/6", "<script>alert(1)</script>")._repr_html_() + check("11.1/2", "<b>4</b>")._repr_html_()
    assert "<script" not in html and "<b>4" not in html


def test_unknown_names_are_told_with_what_is_near(check):
    with pytest.raises(LookupError, match=r"11\.1"):
        check("11.9/1", "1", lang="en")
    with pytest.raises(LookupError, match=r"has no part 9\. The parts are 1a, 1b, 2"):
        check("11.1/9", "1", lang="en")
    with pytest.raises(LookupError, match="tirgul list"):
        check("zzzz/1", "1", lang="en")
    with pytest.raises(NoSuch, match="1a, 1b, 2"):
        check(11.1, "48", lang="en")
    with pytest.raises(NoSuch, match="1a, 1b, 2") as caught:
        check("11.1", "48", lang="he")
    (shown,) = caught.value._render_traceback_()
    assert "\u20661a" in shown and "Traceback" not in shown


def test_a_live_module_in_a_notebook(check):
    """Each mistake is made on the module itself; no code is read."""
    torch = pytest.importorskip("torch")
    net = reference_network(torch)
    assert bool(check("lenet5/code", net)) and check("lenet5/code", net).read_as == "LeNet5: 10, 61706"
    net.forward = lambda x, forward=net.forward: forward(x).softmax(-1)
    assert check("lenet5/code", net, lang="en").verdict == "slipped"
    one = reference_network(torch)
    one.forward = lambda x, forward=one.forward: forward(x).view(1, -1)  # a batch of two would be one
    assert check("lenet5/code", one, lang="en").verdict == "slipped"
    net.forward = lambda x: x.nowhere
    broken = check("lenet5/code", net, lang="en")
    assert broken.verdict == "wrong" and "nowhere" in repr(broken)
    narrow = reference_network(torch)
    narrow.conv1 = torch.nn.Conv2d(1, 6, 5)
    assert "conv5 does not fit" in repr(check("lenet5/code", narrow, lang="en"))
    assert check("11.1/1a", torch.Size([3, 10, 10])).verdict == check("11.1/2", torch.tensor(48)).verdict == "right"


def reference_network(torch):
    """The network that is asked for, made by running our own reference."""
    instance, made = SHELF.instance("lenet5"), dict[str, Any]()
    code = instance.part("code").code
    assert code is not None
    exec(code.right(instance.numbers), made)
    return made["LeNet5"]()


def test_a_function_in_a_notebook_is_read_and_not_run(check):
    torch = pytest.importorskip("torch")

    def train(net, eta, epochs, loader):
        objective = torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(net.parameters(), lr=eta)
        for _ in range(epochs):
            for x, y in loader:
                cost = objective(net(x), y)
                cost.backward()
                optimizer.step()

    assert "zero_grad" in repr(check("lenet5/loop", train, lang="en"))


def test_the_cell_magic_takes_an_answer_as_it_stands():
    pytest.importorskip("IPython", reason="IPython is not installed")
    code = r"""
from IPython.testing.globalipapp import start_ipython
shell = start_ipython()
shell.run_line_magic("load_ext", "tirgul")
for place, cell in (("11.1/1a", r"10 \times 10 \times 3"), ("11.1/2", "סה״כ 48 פרמטרים")):
    print(shell.run_cell_magic("tirgul", place, cell).verdict)
"""
    environment = {**os.environ, "IPYTHONDIR": os.devnull + "x", "PYTHONWARNINGS": "ignore"}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=environment)
    assert run.stdout.split()[-2:] == ["right", "right"], run.stderr


def test_a_students_own_file_in_the_way_is_named_in_both_languages(tmp_path):
    (tmp_path / "solver.py").write_text("mine = 1", encoding="utf-8")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\nfrom tirgul import check"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 1 and "Your folder has a file solver.py" in run.stderr
    assert "\u05d1\u05ea\u05d9\u05e7\u05d9\u05d9\u05d4" in run.stderr
