"""What a session tells of its results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotat_nb.session.base import SessionBase

if TYPE_CHECKING:
    from annotat_nb.classify import Accuracy, Prediction, Uncertainty


class Findings(SessionBase):
    """What was found, how good it is, and whether it is still what the session would find."""

    @property
    def superpixel_count(self) -> int:
        """Number of superpixels; 0 before they exist."""
        return self.results.superpixels.count if self.results.superpixels else 0

    @property
    def superpixels_serve(self) -> bool:
        """Whether the pipeline uses the present superpixels as they are."""
        found = self.results.superpixels
        return found is not None and found.serve(self.pipeline)

    @property
    def previewed(self) -> Prediction | None:
        """The last preview; None after Apply, or when there was none."""
        return self.results.preview

    @property
    def probabilities(self) -> Any:
        """Probability of each class, (classes, z, y, x) float32, or None before Apply.

        It is computed where it is read. The first axis follows the ascending ids of the classes
        that were painted.
        """
        return self.results.prediction and self.results.prediction.probabilities

    @property
    def uncertainty(self) -> Uncertainty | None:
        """How hard each voxel was to classify, (z, y, x) float32, or None before Apply.

        It is 1 − (p₁ − p₂) of the two highest probabilities: 0 where the classifier is sure, 1
        where two classes are equally probable, NaN where nothing was classified. It is computed
        where it is read.
        """
        found = self.results.prediction
        return None if found is None else found.probabilities.uncertainty

    @property
    def changes_since_apply(self) -> int | None:
        """Steps that the segmentation does not know, made or taken back; None without one."""
        position = self.results.segmented_at
        return None if position is None else self.annotation.history.steps_since(position)

    @property
    def parameters_changed(self) -> bool:
        """Whether the segmentation was computed with other parameters than the present ones.

        Or from another classifier or other training data than those that are loaded.
        """
        if self.results.segmented_with is None:
            return False
        key = None if self.loaded is None else self.loaded.key
        return (self.pipeline, key) != (self.results.segmented_with, self.results.segmented_from)

    @property
    def grounds_changed(self) -> bool:
        """Whether the segmentation rests on other superpixels, or another mask, than there are now.

        The same method makes the same superpixels. A mask that is lifted and set again names
        classes of the label that is there by then.
        """
        used = self.results.segmented_on
        return used is not None and used != self.results.grounds(self.pipeline)

    @property
    def fractions(self) -> dict[int, float]:
        """Share of the voxels that each class has in the segmentation; empty without one."""
        return self.results.fractions

    @property
    def accuracy(self) -> Accuracy | None:
        """How often the last training is right about samples kept apart; None before there is one.

        Its ``confusion`` has a row for each painted class and a column for each found one, in
        ascending order of their ids.
        """
        found = self.results.trained
        return None if found is None else found.model.accuracy

    @property
    def importances(self) -> dict[str, float]:
        """How much each feature channel that was offered matters, by the method of the selection.

        Empty before the first training, and where no features are selected.
        """
        found = self.results.trained
        if found is None or not found.model.importances:
            return {}
        return dict(zip(found.model.names, found.model.importances, strict=True))

    @property
    def kept_features(self) -> tuple[str, ...]:
        """Feature channels that the last training used; empty before there was one."""
        return self.results.kept_features
