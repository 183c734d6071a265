"""MNIST in its own form (IDX), from files or from its public mirror, each file checked by its SHA-256.

70,000 grey-scale images of handwritten digits, 28 x 28 pixels from 0 to 255 (LeCun, Cortes & Burges 1998).
"""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Iterator
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any, Final, final

import torch

from solver.frozen import frozen

MIRROR: Final = "https://ossci-datasets.s3.amazonaws.com/mnist/"
CHECKSUMS: Final = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""SHA-256 of each file as it is unpacked."""

FOLDERS: Final = ("MNIST_DATA", "TIRGUL_DATA")
"""Variables that name a folder with the files, or one with a folder `mnist` in it."""

UNSIGNED_BYTE = 8
VALIDATION = 1024
SECONDS = 60


@final
class NoData(Exception):
    """The data are not at hand: why (missing, changed, unreadable, no_network), which file, where it was looked for."""

    def __init__(self, reason: str, name: str, where: str = "") -> None:
        super().__init__(reason, name, where)
        self.reason, self.name, self.where = reason, name, where


@final
@frozen
class Digits:
    """Images as numbers from 0 to 1, (N, 1, 28, 28), and their labels, (N,)."""

    images: Any
    labels: Any

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, places: Any) -> Digits:
        """Some of them."""
        return Digits(self.images[places], self.labels[places])


@final
@frozen
class Mnist:
    """The images to learn from, those held out for validation, and the test set."""

    train: Digits
    validation: Digits
    test: Digits
    source: str


def unpacked(packed: bytes) -> bytes:
    """The bytes of a file, which may be gzipped."""
    return gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed


def read_idx(data: bytes) -> Any:
    """The numbers of an IDX file as a tensor of bytes: two zeros, the type, how many axes, their sizes, the numbers.

    >>> read_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    tensor([7, 9], dtype=torch.uint8)
    """
    zeros, kind, axes = struct.unpack_from(">HBB", data)
    if zeros or kind != UNSIGNED_BYTE or not 1 <= axes <= 4:
        raise ValueError("not an IDX file of bytes")
    sizes = struct.unpack_from(f">{axes}I", data, 4)
    if len(data) != 4 + 4 * axes + prod(sizes):
        raise ValueError("an IDX file of another length")
    numbers = torch.frombuffer(bytearray(data), dtype=torch.uint8, offset=4 + 4 * axes)
    return numbers.reshape(sizes)


def load(folder: Path | None = None, *, cache: Path | None = None, download: bool = True) -> Mnist:
    """The data from a folder, from where the variables point, from the cache, or from the mirror; raises NoData.

    1,024 of the 60,000 training images are held out, the same ones in every run.
    """
    found = {name: read_idx(_bytes(name, folder, cache, download)) for name in CHECKSUMS}
    return _split(found, "MNIST")


def _split(found: dict[str, Any], source: str) -> Mnist:
    learn, test = (_digits(found, kind) for kind in ("train", "t10k"))
    order = torch.randperm(len(learn), generator=torch.Generator().manual_seed(11))
    many = min(VALIDATION, len(learn) // 6)
    return Mnist(learn.part(order[many:]), learn.part(order[:many]), test, source)


def _digits(found: dict[str, Any], kind: str) -> Digits:
    images = found[f"{kind}-images-idx3-ubyte"]
    return Digits(images[:, None].float() / 255, found[f"{kind}-labels-idx1-ubyte"].long())


def _bytes(name: str, folder: Path | None, cache: Path | None, download: bool) -> bytes:
    """A file's bytes, unpacked and checked."""
    places = list(_places(folder, cache))
    for place in places:
        for path in (place / name, place / f"{name}.gz"):
            if path.is_file():
                return _checked(name, path.read_bytes(), str(path))
    if folder is not None or not download:
        raise NoData("missing", name, ", ".join(map(str, places)))
    packed = _fetched(name)
    data = _checked(name, packed, MIRROR + name)
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        part = cache / f"{name}.gz.part{os.getpid()}"
        part.write_bytes(packed)
        part.replace(cache / f"{name}.gz")
    return data


def _places(folder: Path | None, cache: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield from (folder, folder / "mnist", folder / "MNIST" / "raw")
        return
    for variable in FOLDERS:
        if os.environ.get(variable):
            here = Path(os.environ[variable])
            yield from (here, here / "mnist")
    if cache is not None:
        yield cache


def _checked(name: str, packed: bytes, where: str) -> bytes:
    try:
        data = unpacked(packed)
    except (OSError, EOFError) as error:
        raise NoData("unreadable", name, where) from error
    if sha256(data).hexdigest() != CHECKSUMS[name]:
        raise NoData("changed", name, where)
    return data


def _fetched(name: str) -> bytes:
    from urllib.request import urlopen  # only where the files are not at hand

    try:
        with urlopen(f"{MIRROR}{name}.gz", timeout=SECONDS) as answer:
            packed: bytes = answer.read()
    except OSError as error:
        raise NoData("no_network", name, MIRROR) from error
    return packed


# --- a small set that is always there

BUNDLED: Final = Path(__file__).parent / "digits"


def bundled() -> Mnist:
    """1,400 of the images, for tests and for a first try: what is learned from them says nothing about MNIST."""
    found = {name: read_idx(unpacked((BUNDLED / f"{name}.gz").read_bytes())) for name in CHECKSUMS}
    return _split(found, "bundled")
