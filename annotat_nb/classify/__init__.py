"""Classification: from markers to a segmentation."""

from annotat_nb.classify.classifier import Classifier
from annotat_nb.classify.forest import RandomForest
from annotat_nb.classify.pipeline import Pipeline, Pooling
from annotat_nb.classify.selection import FeatureSelection
from annotat_nb.classify.svm import LinearSvm

__all__ = ["Classifier", "FeatureSelection", "LinearSvm", "Pipeline", "Pooling", "RandomForest"]
