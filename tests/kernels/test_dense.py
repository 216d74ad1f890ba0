import numpy as np
import pytest

from annotat_nb.kernels.cpu.dense import weigh

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("sums", [1, 3, 100])
def test_sums_are_those_of_a_matrix_product_however_the_rows_are_cut(sums):
    rows, coefficients, intercepts = (
        RNG.normal(0, 1, shape).astype("float32") for shape in ((50, 7), (7, sums), sums)
    )
    whole, parts = np.empty((2, 50, sums), "float32")
    weigh(rows, coefficients, intercepts, whole, 0, 50)
    for start in range(0, 50, 9):
        weigh(rows, coefficients, intercepts, parts, start, min(start + 9, 50))
    np.testing.assert_array_equal(parts, whole)
    expected = rows.astype(float) @ coefficients + intercepts
    np.testing.assert_allclose(whole, expected, atol=1e-5)
