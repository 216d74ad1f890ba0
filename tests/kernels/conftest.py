"""The filters for each kind of device, as functions of arrays."""

from types import SimpleNamespace

import numpy as np
import pytest


@pytest.fixture
def filters(backend):
    """The filters for each kind of device, as functions of arrays that give arrays."""

    def there(value):
        return backend.from_numpy(value, "cpu") if isinstance(value, np.ndarray) else value

    def of_arrays(work):
        def call(*args, **options):
            found = work(*map(there, args), **options)
            if isinstance(found, tuple):
                return tuple(map(backend.to_numpy, found))
            return backend.to_numpy(found)

        return call

    names = set(backend.__all__) - {"from_numpy", "to_numpy"}
    return SimpleNamespace(**{name: of_arrays(getattr(backend, name)) for name in names})
