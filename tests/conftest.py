import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data():
    """Folder of real images that do not ship with the repository."""
    folder = Path(os.environ.get("ANNOTAT_NB_DATA") or _DEFAULT)
    if folder.is_dir():
        return folder
    sentence = f"real test images are not at {folder}; set ANNOTAT_NB_DATA to their folder"
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)
