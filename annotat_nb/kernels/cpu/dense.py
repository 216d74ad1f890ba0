"""Weighted sums of the columns of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotat_nb.kernels.compiling import kernel

if TYPE_CHECKING:
    from annotat_nb.operation import Array


@kernel(
    (
        "const float32[:,::1]",
        "const float32[:,::1]",
        "const float32[::1]",
        "float32[:,::1]",
        "int64",
        "int64",
    )
)
def weigh(
    rows: Array, coefficients: Array, intercepts: Array, out: Array, start: int, stop: int
) -> None:
    """Write ``rows @ coefficients + intercepts`` for rows `start` to `stop` into `out`.

    Unlike in a library's matrix product, a row's sums have one fixed order: they are the same to
    the last bit whatever other rows are computed with it, and by how many threads.

    Parameters
    ----------
    rows
        (rows, columns).
    coefficients
        (columns, sums).
    intercepts
        (sums,).
    out
        (rows, sums).
    start, stop
        Which rows.
    """
    for row in range(start, stop):
        for index in range(intercepts.size):
            out[row, index] = intercepts[index]
        for column in range(rows.shape[1]):
            value = rows[row, column]
            for index in range(out.shape[1]):
                out[row, index] += value * coefficients[column, index]
