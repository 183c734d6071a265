"""analyze, derive and verify as they are typed: what is printed, as data too, and what is said of wrong input."""

import csv
import io
import json
import re

import pytest

from exercises.exercise import LANGUAGES
from tests.sources import ROOT

HEBREW = re.compile("[\u05d0-\u05ea]")
LENET = (
    "C1: Conv2d(6, 5, padding=2) Tanh AvgPool2d(2) Conv2d(16, 5) Tanh AvgPool2d(2) "
    "Flatten Linear(120) Linear(84) Linear(10)"
)
FILE = """
from solver.networks.text import read_network

print("a file may print")

class Maker:
    def __init__(self, needed): ...

def small():
    return read_network("Conv2d(2, 3) ReLU")

def wide(channels=8):
    return f"Conv2d({channels}, 3)"

def broken():
    raise RuntimeError("no luck")

nothing = 7
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "nets.py"
    path.write_text(FILE, encoding="utf-8")
    return path


# --- analyze


@pytest.mark.parametrize("language", LANGUAGES)
def test_lenet_is_analysed(run, language):
    code, out, err = run("analyze", LENET, "--input", "1,28,28", "--lang", language)
    assert (code, err) == (0, "")
    assert re.search(r"61706", out) and "16×10×10" in out
    assert bool(HEBREW.search(out)) == (language == "he")


def test_json_is_what_is_promised(run):
    code, out, _ = run("analyze", LENET, "--input", "1,28,28", "--json")
    data = json.loads(out)
    assert code == 0 and data["schema"] == "tirgul/analyze/1"
    assert [layer["name"] for layer in data["layers"]][:3] == ["C1", "1", "2"]
    assert data["layers"][2]["field"] == {"size": [6, 6], "stride": [2, 2], "start": [-2, -2]}
    assert data["total"]["parameters"] == data["total"]["trainable"] == 61706
    assert data["total"]["output"] == [10]


def test_symbols_are_formulas_in_data(run):
    _, out, _ = run("analyze", "Conv2d(6, 5) MaxPool2d(2)", "--input", "C,H,W", "--json")
    data = json.loads(out)
    assert data["total"]["output"] == [6, "floor((H - 4)/2)", "floor((W - 4)/2)"]
    assert data["total"]["parameters"] == "150*C + 6"
    assert data["smallest_input"] == {"C": 1, "H": 6, "W": 6}


def test_csv_is_read_back(run):
    _, out, _ = run("analyze", LENET, "--input", "1x28x28", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert sum(int(row["parameters"]) for row in rows) == 61706
    assert rows[0]["output"] == "6x28x28"


def test_depth_puts_rows_together(run):
    text = "stem: Sequential(Conv2d(6, 3) ReLU) Sum(Sequential(Conv2d(6, 3, padding=1) ReLU) | )"
    _, whole, _ = run("analyze", text, "--input", "1,9,9", "--json")
    _, grouped, _ = run("analyze", text, "--input", "1,9,9", "--json", "--depth", "1")
    layers = json.loads(grouped)["layers"]
    assert [(layer["name"], layer["kind"]) for layer in layers] == [("stem", "Sequential"), ("1", "Sum")]
    assert sum(layer["macs"] for layer in layers) == sum(layer["macs"] for layer in json.loads(whole)["layers"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_written_in_both_languages(run, tmp_path, language):
    path = tmp_path / "pages" / "net.html"
    code, out, _ = run("analyze", LENET, "--input", "1,H,W", "--html", path, "--lang", language)
    page = path.read_text(encoding="utf-8")
    assert code == 0 and str(path) in out
    assert f'<html lang="{language}"' in page and HEBREW.search(page) and "Layer by layer" in page
    assert "<script" not in page and "http" not in re.sub(r'http://www\.w3\.org\S*|http-equiv', "", page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_layer_is_explained_with_what_checked_it(run, language):
    code, out, _ = run("analyze", LENET, "--input", "1,28,28", "--explain", "C1", "--lang", language)
    assert code == 0
    assert "N = C_in·C_out·K_h·K_w + C_out = 1·6·5·5 + 6 = 156" in out
    assert ("verified: counted one by one" if language == "en" else "נספר אחד אחד") in out
    _, out, _ = run("analyze", LENET, "--input", "1,28,28", "--explain", "C1", "--json")
    assert json.loads(out)["facts"]["parameters"]["value"] == "156"


def test_a_count_is_explained(run):
    _, out, _ = run("analyze", "Conv2d(8, 3) BatchNorm2d", "--input", "3,10,10", "--explain-count", "fvcore")
    assert out.splitlines()[0] == "fvcore: 14848"


def test_networks_come_from_files(run, file, tmp_path):
    text = tmp_path / "net.txt"
    text.write_text("\ufeffConv2d(2, 3)\nReLU\n", encoding="utf-8")
    for network in (text, f"{file}:small", f"{file}:wide(2)"):
        code, out, _ = run("analyze", network, "--input", "1,8,8", "--json")
        assert code == 0 and json.loads(out)["total"]["parameters"] == 20
    code, out, err = run("analyze", f"{file}:wide", "--input", "1,8,8", "--json")
    assert json.loads(out)["total"]["parameters"] == 80
    assert "a file may print" in err


def test_a_file_with_one_network_need_not_name_it(run, tmp_path):
    path = tmp_path / "one.py"
    path.write_text('def whatever():\n    return "Conv2d(2, 3)"\n', encoding="utf-8")
    assert run("analyze", path, "--input", "1,8,8")[0] == 0


WRONG = [
    (["Conv2d(3, 4"], "1,9,9", "^"),
    (["conv2d(3, 4)"], "1,9,9", "Conv2d"),
    ([""], "1,9,9", ""),
    (["Conv2d(3, 4)"], "1,3,3", "n + 2·p ≥ d·(k − 1) + 1"),
    (["Conv2d(3, 4)"], "2,1,9,9", "batch"),
    (["Conv2d(3, 4)"], "1,0,9", "1,0,9"),
    (["Conv2d(3, 4)"], "1,nine!,9", "3,H,W"),
    (["Conv2d(3, 4)"], "99999999999999999999,9,9", "3,H,W"),
    (["Sum( | MaxPool2d(2) Upsample(scale_factor=2))"], "1,5,5", "5"),
    (["no/such/file.txt"], "1,9,9", "file.txt"),
    (["no_such.py:make"], "1,9,9", "no_such.py"),
    (["no.such.module:make"], "1,9,9", "no"),
    (["Conv2d(3, 4)"], "13", "C,H,W"),
    (["Conv2d(3)"], "1,9,9", "kernel_size"),
    (["MaxPool2d"], "1,9,9", "kernel_size"),
    (["Conv2d(3, 4, padd=2)"], "1,9,9", "padd"),
    (["MaxPool2d(2, padding=2)"], "1,9,9", "padding"),
    (["ConvTranspose2d(16, 2, 2)"], "1,9,9", "nn.ConvTranspose2d"),
    (["Conv2d(4, 3, groups=2)"], "3,9,9", "2"),
    (["BatchNorm2d(5)"], "3,9,9", "5"),
    (["Conv2d(3, 4)", "--explain", "C9"], "1,9,9", "C9"),
    (["Conv2d(3, 4)", "--depth", "0"], "1,9,9", "depth"),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("network, given, named", WRONG)
def test_what_is_wrong_is_said(run, network, given, named, language):
    code, out, err = run("analyze", *network, "--input", given, "--lang", language)
    assert (code, out) == (2, "")
    assert named in err and "Traceback" not in err
    assert bool(HEBREW.search(err)) == (language == "he") or "--depth" in network


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name, named",
    [
        ("", "small, wide"),
        (":broken", "no luck"),
        (":nothing", "int"),
        (":none", "none"),
        (":wide(channels=-1)", "out_channels"),
    ],
)
def test_a_file_that_gives_no_network_is_named(run, file, name, named, language):
    if name == "":
        file.write_text(FILE.replace("raise", "return"), encoding="utf-8")
    code, _, err = run("analyze", f"{file}{name}", "--input", "1,8,8", "--lang", language)
    assert code == 2 and named in err and "Traceback" not in err


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("typed", [["nosuch.py:make"], ["no_such.module:make"], ["{file}"], ["{file}:missing"]])
def test_what_is_said_of_files_is_in_one_language(run, tmp_path, typed, language):
    file = tmp_path / "broken.py"
    file.write_text("" if ":" in typed[0] else "def make(:", encoding="utf-8")
    code, _, err = run("analyze", typed[0].format(file=file), "--input", "1,8,8", "--lang", language)
    (first, *_) = err.splitlines()
    assert code == 2 and "Error" not in first
    assert bool(HEBREW.search(first)) == (language == "he")


TWO = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Conv2d(3, 4, 3), nn.Conv2d(1, 4, 3)

    def forward(self, image, mask):
        return self.one(image) + self.other(mask)
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_network_of_several_inputs_asks_for_them_and_is_verified(run, tmp_path, language):
    pytest.importorskip("torch", reason="torch is not installed")
    file = tmp_path / "two.py"
    file.write_text(TWO, encoding="utf-8")
    code, _, err = run("analyze", str(file), "--input", "3,8,8", "--lang", language)
    assert code == 2 and "image, mask" in err
    code, out, err = run("verify", str(file), "--input", "3,8,8", "--input", "1,8,8", "--lang", language)
    assert code == 0, (out, err)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", ["analyze", "verify"])
def test_an_input_is_asked_for(run, command, language):
    code, _, err = run(command, "Conv2d(3, 4)", "--lang", language)
    assert code == 2 and "--input" in err


# --- derive


@pytest.mark.parametrize(
    "typed, said",
    [
        (["output_size"], "n_out = ⌊(n + 2·p − d·(k − 1) − 1)/s⌋ + 1"),
        (["output_size", "n=224", "k=7", "s=2", "p=3", "d=1"], "= 112"),
        (["output_size", "n=224", "k=7", "s=2", "p=3"], "= 112"),
        (["output_size", "--for", "P"], "p = (k − 1)/2"),
        (["output_size", "--for", "P", "d=2"], "p = k − 1"),
        (["output_size", "n=224", "out=7", "--for", "K,S,P"], "K = 32, S = 32, P = 0"),
        (["output_size", "--input", "3,224,224", "--output", "112", "k=7", "s=2", "--for", "P"], "p = 3"),
        (["output_size", "Conv2d(6, 5) MaxPool2d(2)", "--input", "1,H,W", "--output", "12"], "H = 28 … 29"),
        (["output_size", "Conv2d(8, K, padding=P)", "--input", "1,H,W", "--for", "P"], "P = (K − 1)/2"),
        (["field", "Repeat(Conv2d(8, K), L)"], "L·(K − 1) + 1"),
        (["field", "Repeat(Conv2d(K), L)", "--input", "3,H,W"], "L·(K − 1) + 1"),
        (["parameters", "Repeat(Conv2d(8, 3), L)", "--input", "3,H,W"], "584·L − 360"),
        (["receptive_field", "Repeat(Conv2d(8, K), L)", "K=3", "--for", "L", "--output", "31"], "L = 15"),
        (["parameters"], "C_in·C_out·K² + C_out"),
        (["parameters", "C_in=3", "C_out=16", "K=3"], "448"),
        (["valid", "Sum( | MaxPool2d(2) Upsample(scale_factor=2))", "--input", "1,H,W"], "2 | H"),
        (["same_output", "Conv2d(6, 5, stride=2)", "--input", "1,224,224"], "H = 223 … 224"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_formulas_are_stated_and_solved(run, typed, said, language):
    code, out, err = run("derive", *typed, "--lang", language)
    assert (code, err) == (0, "")
    assert said in out
    code, out, _ = run("derive", *typed, "--json")
    assert json.loads(out)["schema"] == "tirgul/derive/1"


def test_what_was_searched_is_said(run):
    typed = ["derive", "output_size", "Conv2d(8, K, padding=P, stride=S)", "--input", "3,224,224", "--output", "7"]
    _, out, _ = run(*typed, "--for", "K,S,P", "--lang", "en")
    assert "S = 1 … 36" in out and "K = 1, S = 32, P = 0" in out
    _, out, _ = run(*typed, "--for", "K,S,P", "K=3..5", "--lang", "en")
    assert "K = 1 …" not in out and "S = 1 … 36" in out


def test_no_padding_keeps_a_size_under_an_even_kernel(run):
    _, out, _ = run("derive", "output_size", "k=4", "--for", "P", "--lang", "en")
    assert "No p gives this" in out and "…" not in out
    _, out, _ = run("derive", "output_size", "k=4", "--for", "P", "--json")
    assert json.loads(out)["solutions"][0]["any"] is False


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "typed, named",
    [
        (["colour"], "output_size"),
        (["output_size", "x=3"], "x"),
        (["output_size", "k=a,b"], "a,b"),
        (["output_size", "k=1..99999999"], "1..99999999"),
        (["output_size", "n=-5", "k=3"], "-5"),
        (["output_size", "n=5", "k=0"], "k"),
        (["output_size", "n=5", "k=3", "s=0", "p=0", "d=1"], "s"),
        (["output_size", "n=5", "out=0", "--for", "K"], "0"),
        (["output_size", "Conv2d(3, 3)", "ReLU", "--input", "1,9,9"], "ReLU"),
        (["output_size", "Conv2d(3", "--input", "1,9,9"], "^"),
        (["output_size", "Conv2d(3, 4)", "--input", "1,H,W", "--for", "Q", "--output", "3"], "Q"),
        (["parameters", "Conv2d(M, 3)", "--input", "3,9,9", "--for", "M"], "--output"),
        (["valid", "Conv2d(3, 3)", "--input", "1,9,9"], "3,H,W"),
        (["valid", "Conv2d(3, 3)"], "--input"),
        (["same_output", "Linear(3)", "--input", "9"], "9"),
    ],
)
def test_what_cannot_be_derived_is_said(run, typed, named, language):
    code, _, err = run("derive", *typed, "--lang", language)
    assert code == 2 and named in err and "Traceback" not in err


# --- verify


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_network_is_verified(run, language):
    code, out, err = run("verify", "Conv2d(2, 3) MaxPool2d(2)", "--input", "1,9,9", "--lang", language)
    assert code == 0, (out, err)
    assert ("not checked" if language == "en" else "לא נבדק") not in out
    _, out, _ = run("verify", "Conv2d(2, 3) MaxPool2d(2)", "--input", "1,9,9", "--json")
    claims = json.loads(out)["claims"]
    assert {"claim", "method", "verdict", "seconds"} <= set(claims[0])
    assert {claim["verdict"] for claim in claims} == {"verified"}


def test_a_network_is_verified_with_numbers(run):
    assert run("verify", "Conv2d(2, 3)", "--input", "1,H,W")[0] == 2
    assert run("verify", "Conv2d(2, 3)", "ReLU", "--input", "1,9,9")[0] == 2
    code, _, err = run("verify", "nosuch")
    assert code == 2 and "--input" in err


def test_examples_of_the_help_work(run):
    _, out, _ = run("derive", "--help")
    assert "derive output_size --for P" in " ".join(out.split())
    assert (ROOT / "benchmarks" / "analyse.py").is_file()
