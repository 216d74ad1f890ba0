"""What goes wrong with workspaces, said in one sentence: folder, cause, remedy."""

from __future__ import annotations


class WorkspaceError(ValueError):
    """A workspace cannot be opened; the message says which, why, and what to do."""


class ForeignWorkspace(WorkspaceError):
    """The folder belongs to another image, or cannot be a workspace at all."""


class WorkspaceInUse(WorkspaceError):
    """Another process works in the folder called `name`; `owner` says which, in words."""

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(
            f"{name}: is in use by {owner}; close it there, or restart that kernel, or look at it "
            "with annotat_nb.open(..., read_only=True)"
        )
        self.owner = owner
