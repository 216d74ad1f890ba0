"""Images that move, shrink or vanish while somebody works on them."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tifffile
import zarr

import annotat_nb as an

VALUES = np.random.default_rng(0).integers(0, 200, (6, 20, 30)).astype("uint16")


def test_image_and_workspace_may_move_together(tmp_path):
    (tmp_path / "old").mkdir()
    np.save(tmp_path / "old" / "scan.npy", VALUES)
    with an.Session(
        an.read(tmp_path / "old" / "scan.npy"), workspace=tmp_path / "old" / "scan.annotat"
    ) as session:
        session.paint([(5, 5)], label=0, radius=2)
    (tmp_path / "old").rename(tmp_path / "new")
    with an.open(tmp_path / "new" / "scan.annotat") as session:
        assert session.markers.stroke_count() == 1
        assert session.volume.source == tmp_path / "new" / "scan.npy"


def test_another_image_beside_the_workspace_is_not_taken_for_it(tmp_path):
    (tmp_path / "old").mkdir()
    np.save(tmp_path / "old" / "scan.npy", VALUES)
    an.Session(an.read(tmp_path / "old" / "scan.npy"), workspace=tmp_path / "scan.annotat").close()
    (tmp_path / "old").rename(tmp_path / "new")
    np.save(tmp_path / "scan.npy", VALUES + 1)
    with pytest.raises(an.ReadError, match="no longer the image"):
        an.open(tmp_path / "scan.annotat")


def test_an_image_that_is_gone_is_named_with_its_path_and_the_way_back(tmp_path):
    np.save(tmp_path / "scan.npy", VALUES)
    an.Session(an.read(tmp_path / "scan.npy"), workspace=tmp_path / "scan.annotat").close()
    (tmp_path / "scan.npy").unlink()
    with pytest.raises(an.ReadError, match=rf"^scan.npy: .*{tmp_path}.*workspace='scan.annotat'"):
        an.open(tmp_path / "scan.annotat")


SHRINK = """
    import os, sys
    import numpy as np
    import annotat_nb as an

    session = an.Session(an.read(sys.argv[1]))
    os.truncate(sys.argv[1], 4096)
    try:
        session.volume.slice("z", 30).sum()
    except an.ReadError as error:
        print(error)
"""


@pytest.mark.parametrize("suffix", [".npy", ".tif"])
def test_a_mapped_file_that_shrinks_ends_no_kernel(tmp_path, suffix):
    values = np.ones((40, 100, 100), "uint16")
    path = tmp_path / f"scan{suffix}"
    if suffix == ".npy":
        np.save(path, values)
    else:
        tifffile.imwrite(path, values, photometric="minisblack")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SHRINK), path],
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"scan{suffix}: became shorter while it was open")


def test_a_zarr_folder_that_vanishes_is_not_black(tmp_path):
    zarr.save_array(str(tmp_path / "scan.zarr"), VALUES)
    volume = an.read(tmp_path / "scan.zarr")
    (tmp_path / "scan.zarr").rename(tmp_path / "unmounted")
    with pytest.raises(an.ReadError, match=r"^scan.zarr: is no longer there"):
        volume.slice("z", 3)
