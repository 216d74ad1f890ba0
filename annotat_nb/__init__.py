"""Interactive annotation and segmentation of 3D images in Jupyter."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "annotat_nb.volume": ("Volume",),
    "annotat_nb.io": ("read", "ReadError", "WriteError"),
    "annotat_nb.features": (
        "Feature",
        "Identity",
        "Gaussian",
        "Gabor",
        "DifferenceOfGaussians",
        "Sobel",
        "MembraneProjections",
        "Minimum",
        "Maximum",
        "Mean",
        "Variance",
        "Median",
        "LocalBinaryPattern",
        "HessianEigenvalues",
        "StructureTensorEigenvalues",
        "LaplacianOfGaussian",
        "GradientMagnitude",
        "ShapeIndex",
    ),
    "annotat_nb.features.custom": ("feature",),
    "annotat_nb.features.halo_check": ("check_halo",),
    "annotat_nb.superpixels": ("Waterpixels", "Slic"),
    "annotat_nb.classify": (
        "Pipeline",
        "FeatureSelection",
        "Accuracy",
        "RandomForest",
        "ExtraTrees",
        "LinearSvm",
        "KNearestNeighbours",
        "MultilayerPerceptron",
        "TrainedClassifier",
        "TrainingError",
        "load_classifier",
    ),
    "annotat_nb.annotation": (
        "Paint",
        "Erase",
        "EraseStroke",
        "EraseAll",
        "Extend",
        "SequentialPaint",
        "BallBrush",
        "ThresholdBrush",
        "LocalThresholdBrush",
        "SuperpixelBrush",
        "Lasso",
        "Polygon",
        "Fill",
        "FillHoles",
        "FloodFill",
        "CopyToNextSlice",
        "Interpolate",
        "Merge",
        "Split",
        "MergeClasses",
        "Morphology",
        "RemoveIslands",
        "FillLabelHoles",
        "Relabel",
    ),
    "annotat_nb.session": ("Session", "open"),
    "annotat_nb.sample": ("sample_path",),
    "annotat_nb.widgets": ("Annotator",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *_HOME_OF]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"annotat_nb has no {name!r}; it has {', '.join(sorted(_HOME_OF))}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
