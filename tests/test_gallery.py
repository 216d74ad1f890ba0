import re
from pathlib import Path

import pytest

GALLERY = Path(__file__).parents[1] / "notebooks" / "gallery"
SHOWN = dict(
    reversed(pair) for pair in re.findall(r"!\[(.+)\]\((.+)\)", (GALLERY / "README.md").read_text())
)


def test_every_state_has_its_picture_and_every_picture_its_words():
    assert set(SHOWN) == {path.name for path in GALLERY.glob("*.png")}
    taken = (Path(__file__).parent / "browser" / "test_states.py").read_text()
    assert set(re.findall(r'take\("([a-z-]+)"\)', taken)) == {Path(name).stem for name in SHOWN}


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_is_small_and_says_to_those_who_do_not_see_it_what_it_shows(name):
    assert (GALLERY / name).stat().st_size <= 60_000
    assert len(SHOWN[name].split()) > 3
