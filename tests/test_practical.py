"""The practical: networks against what they derive, MNIST's files, training that resumes, and what it finds."""

from __future__ import annotations

import gzip
import os
import signal
import struct
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")

from exercises.bank.lenet5 import network as lenet5  # noqa: E402
from exercises.library import BANK, load_file  # noqa: E402
from exercises.practical import mnist, networks  # noqa: E402
from exercises.practical.lenet5 import practical  # noqa: E402
from exercises.practical.mnist import Digits, Mnist, NoData, bundled, read_idx  # noqa: E402
from exercises.practical.record import RECORD, from_json, recorded  # noqa: E402
from exercises.practical.training import Settings, evaluate, logits_of, train  # noqa: E402
from solver.networks.torch_module import read_module  # noqa: E402
from solver.questions import analyze  # noqa: E402
from tirgul.cli import tirgul_command  # noqa: E402

torch.set_num_threads(1)  # so that training here and there is the same to the last bit, however busy the machine is
DATA = os.environ.get("TIRGUL_DATA")
ALONE = {**os.environ, "OMP_NUM_THREADS": "1"}
PARAMETERS = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160, 152: 60_192_808}


def counted(network) -> int:
    return sum(each.numel() for each in network.parameters())


# --- networks


@pytest.mark.parametrize("depth, published", PARAMETERS.items())
def test_resnets_have_the_published_parameters(depth, published):
    with torch.device("meta"):
        network = networks.resnet(depth)
    assert counted(network) == published == read_module(network, (3, 224, 224)).parameters


def test_the_chapter_s_shortcut_has_no_norm():
    """Three shortcuts to 128, 256 and 512 channels, each without two numbers a channel."""
    with torch.device("meta"):
        plain = networks.resnet(18, shortcut_norm=False)
    assert PARAMETERS[18] - counted(plain) == sum(2 * channels for channels in (128, 256, 512))


def test_lenet5_is_the_exercise_s_network():
    derived = analyze(lenet5(6, 16, 120, 84, 10), (1, 28, 28))
    read = read_module(networks.LeNet5(), (1, 28, 28))
    assert (read.parameters, read.output, read.macs) == (derived.parameters, derived.output, derived.macs)
    assert read.parameters == counted(networks.LeNet5()) == 61_706


def test_alexnet_has_the_published_parameters():
    with torch.device("meta"):
        network = networks.AlexNet()
    assert counted(network) == 61_100_840 == read_module(network, (3, 224, 224)).parameters


@pytest.mark.parametrize(
    "network, shape, output",
    [
        (networks.ResBlockMLP(7), (7,), (7,)),
        (networks.ResBlockConv(4), (4, 9, 5), (4, 9, 5)),
        (networks.ResBlockDownSamp(4), (4, 9, 5), (8, 5, 3)),
    ],
    ids=lambda said: type(said).__name__,
)
def test_residual_blocks_are_read_as_torch_runs_them(network, shape, output):
    read = read_module(network, shape)
    with torch.no_grad():
        made = network(torch.zeros(2, *shape))
    assert tuple(read.output) == tuple(made.shape[1:]) == output
    assert read.parameters == counted(network)


@pytest.mark.parametrize("size", [33, 64, 97])
def test_adaptive_pooling_takes_any_image(size):
    with torch.device("meta"):
        assert tuple(read_module(networks.resnet(18), (3, size, size)).output) == (1000,)


def test_torchvision_s_resnet18_agrees():
    models = pytest.importorskip("torchvision.models", reason="torchvision does not run beside the pinned torch")
    assert read_module(models.resnet18(), (3, 224, 224)).parameters == PARAMETERS[18]


# --- the data


def packed(*sizes: int) -> bytes:
    count = 1
    for size in sizes:
        count *= size
    return struct.pack(f">HBB{len(sizes)}I", 0, 8, len(sizes), *sizes) + bytes(index % 251 for index in range(count))


@pytest.mark.parametrize("sizes", [(3,), (2, 3), (2, 4, 5)])
def test_idx_files_are_read_number_by_number(sizes):
    made = read_idx(packed(*sizes))
    assert tuple(made.shape) == sizes
    assert made.flatten().tolist() == [index % 251 for index in range(made.numel())]


@pytest.mark.parametrize("data", [b"\x00\x00\x0d\x01\x00\x00\x00\x01\x00", b"\x00\x00\x08\x01\x00\x00\x00\x09\x00"])
def test_what_is_no_idx_file_is_refused(data):
    with pytest.raises(ValueError):
        read_idx(data)


def test_files_are_checked(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(packed(1, 28, 28))
    with pytest.raises(NoData) as changed:
        mnist.load(tmp_path)
    assert changed.value.reason == "changed"
    (tmp_path / "train-images-idx3-ubyte").write_bytes(gzip.compress(packed(9))[:-6])
    with pytest.raises(NoData) as torn:
        mnist.load(tmp_path)
    assert torn.value.reason == "unreadable"
    with pytest.raises(NoData) as missing:
        mnist.load(tmp_path / "none")
    assert missing.value.reason == "missing"


def test_the_bundled_images_are_mnist_s_first():
    digits = bundled()
    assert (len(digits.train), len(digits.validation), len(digits.test)) == (1000, 200, 200)
    assert digits.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert float(digits.train.images.max()) == 1.0


# --- training


@pytest.fixture(scope="module")
def few() -> Mnist:
    digits = bundled()
    return Mnist(digits.train.part(slice(256)), digits.validation.part(slice(64)), digits.test, "bundled")


def test_training_learns(few):
    trained = train(few, Settings(eta=0.1, epochs=12, batch=16))
    before = evaluate(networks.LeNet5(), few.train)
    assert evaluate(trained.network, few.train).error < 0.5 < before.error


def test_the_same_settings_give_the_same_run(few):
    one, two = (train(few, Settings(epochs=1, batch=32, seed=3)).curves for _ in range(2))
    assert one == two


def test_a_run_that_was_interrupted_goes_on(few, tmp_path):
    whole = train(few, Settings(epochs=3, batch=32))
    train(few, Settings(epochs=1, batch=32), saved=tmp_path / "run.pt")
    resumed = train(few, Settings(epochs=3, batch=32), saved=tmp_path / "run.pt")
    assert resumed.curves == whole.curves
    assert all(torch.equal(a, b) for a, b in zip(resumed.early.parameters(), whole.early.parameters(), strict=True))


def test_what_is_saved_of_another_run_is_not_taken(few, tmp_path):
    train(few, Settings(epochs=1, batch=32, seed=1), saved=tmp_path / "run.pt")
    assert train(few, Settings(epochs=1, batch=32), saved=tmp_path / "run.pt").curves == (
        train(few, Settings(epochs=1, batch=32)).curves
    )
    (tmp_path / "run.pt").write_bytes(b"torn")
    assert train(few, Settings(epochs=1, batch=32), saved=tmp_path / "run.pt").curves.epochs == 1


def test_early_stopping_keeps_the_parameters_of_the_smallest_validation_cost(few):
    trained = train(few, Settings(epochs=3, batch=16))
    costs = [each.cost for each in trained.curves.validation]
    assert trained.curves.steps[costs.index(min(costs))] == trained.curves.best
    assert evaluate(trained.early, few.validation).cost == pytest.approx(min(costs), rel=1e-6)


def test_a_step_size_that_is_too_large_is_told(few):
    assert train(few, Settings(eta=1e9, epochs=2, batch=32)).curves.diverged


def test_cost_and_error_are_torch_s(few):
    network = networks.LeNet5()
    said, logits = evaluate(network, few.test), logits_of(network, few.test)
    assert said.cost == pytest.approx(float(torch.nn.CrossEntropyLoss()(logits, few.test.labels)), rel=1e-6)
    assert said.error == sum(int(a != b) for a, b in zip(logits.argmax(1), few.test.labels, strict=True)) / 200


def test_killed_in_mid_run_nothing_is_lost(tmp_path):
    """kill -9 between two epochs: the next start goes on, and finds what an undisturbed run finds."""
    said = ["practical", "--small", "--epochs", "2", "--lang", "he", "--out", str(tmp_path)]
    running = subprocess.Popen([sys.executable, "-m", "tirgul", *said], env=ALONE, stderr=subprocess.DEVNULL)
    while running.poll() is None and not list(tmp_path.rglob("*.pt")):
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL and list(tmp_path.rglob("*.pt"))
    assert CliRunner().invoke(tirgul_command, said).exit_code == 0
    assert from_json((tmp_path / "result.json").read_text()).main == practical(bundled(), epochs=2, etas=()).main


# --- what is found


def test_a_result_survives_json(few):
    result = practical(few, epochs=1, swept=1, etas=(0.1, 1e9))
    assert from_json(result.to_json()) == result
    assert result.sweep[1].diverged and None in result.sweep[1].validation + result.sweep[1].train
    assert sum(map(sum, result.confusion)) == len(few.test)


def test_the_recorded_run_is_of_the_whole_of_mnist():
    run = recorded()
    assert (run.made["data"], run.made["epochs"], run.made["train"]) == ("MNIST", 20, 58_976)
    assert run.last.error <= 0.0125 and run.early.error <= 0.0125
    assert RECORD.stat().st_size < 100_000
    finite = [line.validation[-1] for line in run.sweep if line.validation[-1] is not None]
    assert len(set(finite)) == len(finite)
    assert all(before < after for before, after in pairwise(run.main.steps))


@pytest.mark.skipif(not DATA, reason="TIRGUL_DATA names no folder with MNIST")
def test_one_epoch_on_a_part_of_the_real_data():
    digits = mnist.load(Path(str(DATA)))
    part = Mnist(digits.train.part(slice(12_000)), digits.validation, Digits(*(
        each[:2000] for each in (digits.test.images, digits.test.labels))), "MNIST")  # fmt: skip
    assert evaluate(train(part, Settings(eta=0.1, epochs=2)).network, part.test).error < 0.12


@pytest.mark.parametrize("language", ["he", "en"])
def test_no_data_is_said(language, tmp_path):
    said = CliRunner().invoke(tirgul_command, ["practical", "--data", str(tmp_path), "--lang", language])
    assert said.exit_code == 2 and "train-images-idx3-ubyte" in said.output


@pytest.mark.parametrize("language, why", [("he", "לחשב כאן על cuda"), ("en", "cannot compute on cuda here")])
def test_a_device_that_is_not_there_is_said(language, why, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = CliRunner().invoke(tirgul_command, ["practical", "--small", "--device", "cuda", "--lang", language])
    assert said.exit_code == 2 and why in said.output


@pytest.mark.parametrize("part", ["eta", "early"])
def test_what_a_key_is_read_from_says_which_run_it_was(part):
    lenet, run = load_file(BANK / "lenet5.py").canonical(), recorded()
    for shown in (lenet.exhibits[part][0], lenet.pictures[part][0]):
        for said in (shown.title.he, shown.title.en):
            assert run.fingerprint in said and run.made["torch"] in said and f" {run.made['seed']}," in said
