"""Classification: from markers to a segmentation."""

from annotat_nb.classify.accuracy import Accuracy
from annotat_nb.classify.classifier import Classifier
from annotat_nb.classify.classifier_file import load_classifier
from annotat_nb.classify.forest import ExtraTrees, RandomForest
from annotat_nb.classify.marks import Marks, TrainingError
from annotat_nb.classify.mask import Mask
from annotat_nb.classify.model import Model
from annotat_nb.classify.neighbours import KNearestNeighbours
from annotat_nb.classify.perceptron import MultilayerPerceptron
from annotat_nb.classify.pipeline import Pipeline
from annotat_nb.classify.prediction import (
    Prediction,
    Probabilities,
    Uncertainty,
    uncertainty_of,
)
from annotat_nb.classify.segmenter import Segmenter
from annotat_nb.classify.selection import FeatureSelection
from annotat_nb.classify.svm import LinearSvm
from annotat_nb.classify.trained import TrainedClassifier
from annotat_nb.classify.training_data import TrainingData
from annotat_nb.progress import Progress, part_of, silent

__all__ = [
    "Accuracy",
    "Classifier",
    "ExtraTrees",
    "FeatureSelection",
    "KNearestNeighbours",
    "LinearSvm",
    "Marks",
    "Mask",
    "Model",
    "MultilayerPerceptron",
    "Pipeline",
    "Prediction",
    "Probabilities",
    "Progress",
    "RandomForest",
    "Segmenter",
    "TrainedClassifier",
    "TrainingData",
    "TrainingError",
    "Uncertainty",
    "load_classifier",
    "part_of",
    "silent",
    "uncertainty_of",
]
