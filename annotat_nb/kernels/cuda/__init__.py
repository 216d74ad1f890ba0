"""The same computations as torch operations, which run on a graphics card."""
