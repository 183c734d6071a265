"""The wheel is the five packages with all their data; no file holds what it should not; the fonts suffice."""

import re
import subprocess
import sys
import unicodedata
from email.message import Message
from email.parser import Parser
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest
from fontTools.subset import parse_unicodes
from fontTools.ttLib import TTFont

from tests.sources import PACKAGES, PROJECT, ROOT

IGNORED = [".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split())]
FONTS = ROOT / "reports" / "fonts"
BIDI = {chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def kept(folder: Path) -> list[Path]:
    """Every file below a folder that is the project's own, from the root."""
    return [
        path.relative_to(ROOT)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(fnmatch(part, pattern) for part in path.relative_to(ROOT).parts for pattern in IGNORED)
    ]


def texts() -> list[tuple[Path, str]]:
    """The project's own files that are text."""
    found = []
    for path in kept(ROOT):
        try:
            found.append((path, (ROOT / path).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


# the wheel ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel: Path, names: list[str]) -> Message:
    (name,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    with ZipFile(wheel) as archive:
        return Parser().parsestr(archive.read(name).decode("utf-8"))


def test_the_wheel_is_the_five_packages(names):
    wanted = {path.as_posix() for package in PACKAGES for path in kept(ROOT / package)}
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == wanted


@pytest.mark.parametrize(
    "pattern",
    [
        "reports/catalogs/he.po",
        "reports/catalogs/en.po",
        "reports/templates/*.css",
        "reports/templates/*.html*",
        "reports/fonts/stix-two-math.woff2",
        "reports/fonts/frank-ruhl-libre-hebrew-400.woff2",
        "reports/fonts/OFL.txt",
        "exercises/bank/*.py",
        "solver/verify/records.json",
        "tirgul/commands/*.py",
    ],
)
def test_the_wheel_has(pattern, names):
    assert any(fnmatch(name, pattern) for name in names)


def test_the_wheel_imports_from_where_it_is_unpacked(wheel, tmp_path):
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import tirgul.cli; print(tirgul.cli.__file__)"
    command = [sys.executable, "-P", "-c", code]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert Path(run.stdout.strip()).is_relative_to(tmp_path)


def test_the_licences_are_in_the_wheel(names):
    inside = {name.split(".dist-info/licenses/")[1] for name in names if ".dist-info/licenses/" in name}
    assert inside == {"LICENSE", "reports/fonts/OFL.txt"}


def test_there_is_one_version(metadata):
    assert metadata["Version"] == PROJECT["project"]["version"] == version("tirgul")
    assert [str(path) for path, text in texts() if path.suffix == ".py" and metadata["Version"] in text] == []


def test_torch_is_optional(metadata):
    asked = [line for line in metadata.get_all("Requires-Dist") or [] if line.startswith("torch")]
    assert [line.split(";")[1].strip() for line in asked] == ["extra == 'verify'"]


def test_the_changelog_opens_with_what_comes_next():
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if line.startswith("## ")) == "## Next"


# the files ----------------------------------------------------------------------------------------


def test_no_file_holds_characters_that_turn_text_around():
    """A source that shows in another order than it runs; strings that need such characters escape them."""
    found = [
        f"{path}:{at} {unicodedata.name(character)}"
        for path, text in texts()
        for at, line in enumerate(text.splitlines(), 1)
        for character in sorted(BIDI & set(line))
    ]
    assert found == []


def test_no_file_names_a_place_on_this_machine():
    places = {str(place) for place in (ROOT, Path(sys.prefix), Path.home()) if len(place.parts) > 1}
    found = [
        f"{path} names {place}"
        for path, text in texts()
        for place in sorted(places)
        if re.search(rf"(?<![\w.]){re.escape(place)}(?![\w.-])", text)
    ]
    assert found == []


# the fonts ----------------------------------------------------------------------------------------


def characters(font: str) -> set[int]:
    return set(TTFont(FONTS / font).getBestCmap())


def test_the_mathematics_font_has_the_characters_it_is_said_to_have():
    lines = (FONTS / "math-characters.txt").read_text(encoding="utf-8").splitlines()
    said = {code for line in lines for code in parse_unicodes(line.split("#")[0])}
    said = {code for code in said if unicodedata.category(chr(code)) != "Cn"}  # no such letter
    assert {hex(code) for code in said - characters("stix-two-math.woff2")} == set()


def test_the_mathematics_font_can_write_our_mathematics():
    needed = "0123456789⌊⌋⌈⌉+·−×÷=≠≤≥≈∈→∑∏∫∂√∞δσμφθηλΣ𝔼𝟙ℝ𝑥ℎ𝜎✓′‖"
    assert {c for c in needed if ord(c) not in characters("stix-two-math.woff2")} == set()


@pytest.mark.parametrize("fence", "⌊⌋⌈⌉()[]{}|√∑∫")
def test_fences_and_operators_stretch(fence):
    font = TTFont(FONTS / "stix-two-math.woff2")
    assert font.getBestCmap()[ord(fence)] in font["MATH"].table.MathVariants.VertGlyphCoverage.glyphs


@pytest.mark.parametrize("weight", [400, 700])
def test_the_text_fonts_cover_both_languages(weight):
    hebrew = {chr(code) for code in range(ord("א"), ord("ת") + 1)} | set("־׳״")
    latin = {chr(code) for code in range(0x20, 0x7F)} | set("×·−–—…±½²“”‘’")
    assert {c for c in hebrew if ord(c) not in characters(f"frank-ruhl-libre-hebrew-{weight}.woff2")} == set()
    assert {c for c in latin if ord(c) not in characters(f"stix-two-text-latin-{weight}.woff2")} == set()


def test_the_fonts_fit_in_a_page():
    assert 100_000 < sum(path.stat().st_size for path in FONTS.glob("*.woff2")) < 150_000
