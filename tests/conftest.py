"""What every test has: hypothesis with no deadline and, under CI, no chance; the shared data."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("tirgul", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("tirgul")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of data too big for the repository (hostile answers, MNIST), named by TIRGUL_DATA."""
    named = os.environ.get("TIRGUL_DATA")
    if not named:
        pytest.skip("TIRGUL_DATA does not name the folder of shared data")
    folder = Path(named)
    assert folder.is_dir(), f"TIRGUL_DATA names {folder}, which is not a folder"
    return folder
