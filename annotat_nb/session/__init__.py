"""The open work: one volume and everything that derives from it."""

from annotat_nb.session.base import SessionError
from annotat_nb.session.recorder import ReadOnly, Recorder, SessionClosed
from annotat_nb.session.session import Session, open  # noqa: A004 - the public name
from annotat_nb.session.view import View

__all__ = ["ReadOnly", "Recorder", "Session", "SessionClosed", "SessionError", "View", "open"]
