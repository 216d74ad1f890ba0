"""What looks like a tomogram, of any size."""

import numpy as np
from scipy import ndimage


def tomogram(side):
    """Return a cube of four noisy phases, layers of some 10 voxels, 8 bit; and the truth."""
    rng = np.random.default_rng(0)
    coarse = ndimage.zoom(rng.random((max(2, side // 16),) * 3).astype("float32"), 16, order=1)
    truth = np.digitize(coarse[:side, :side, :side], [0.35, 0.5, 0.65]).astype("uint8")
    noisy = 40 + 50 * truth + rng.normal(0, 15, truth.shape)
    return np.clip(noisy, 0, 255).astype("uint8"), truth
