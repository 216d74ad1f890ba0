"""What is on disk: workspaces, their journal and their results."""

from annotat_nb.store.errors import ForeignWorkspace, WorkspaceError, WorkspaceInUse
from annotat_nb.store.journal import Entry, Journal, JournalError
from annotat_nb.store.reference import ImageReference, digest_of
from annotat_nb.store.workspace import Workspace

__all__ = [
    "Entry",
    "ForeignWorkspace",
    "ImageReference",
    "Journal",
    "JournalError",
    "Workspace",
    "WorkspaceError",
    "WorkspaceInUse",
    "digest_of",
]
