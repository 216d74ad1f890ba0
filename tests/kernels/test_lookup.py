import numpy as np
import pytest

from annotat_nb.blocks import plan_blocks
from annotat_nb.kernels.cpu.lookup import grow_boxes, look_up

RNG = np.random.default_rng(0)
LABELS = RNG.integers(1, 60, (6, 20, 25)).astype("uint32")


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "int32"])
def test_looking_up_is_indexing(kind):
    table = RNG.integers(0, 100, 60).astype(kind)
    out = np.empty(LABELS.shape, kind)
    look_up(LABELS, table, out)
    np.testing.assert_array_equal(out, table[LABELS])
    look_up(LABELS, table[20:50], out, first=20, other=7)
    known = (LABELS >= 20) & (LABELS < 50)
    np.testing.assert_array_equal(out, np.where(known, table[LABELS], 7))


def test_boxes_hold_their_superpixels():
    boxes = np.zeros((50, 6), "int32")
    for block in plan_blocks(LABELS.shape, core=(4, 9, 8)):
        grow_boxes(LABELS[block.core], block.core, 10, boxes)
    for number in np.unique(LABELS[LABELS >= 10]):
        places = np.argwhere(number == LABELS)
        np.testing.assert_array_equal(boxes[number - 10, :3], places.min(axis=0))
        np.testing.assert_array_equal(boxes[number - 10, 3:], places.max(axis=0) + 1)
