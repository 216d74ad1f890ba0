"""Superpixels: small regions of similar voxels, classified as one."""

from annotat_nb.superpixels.method import SuperpixelMethod
from annotat_nb.superpixels.slic import Slic
from annotat_nb.superpixels.waterpixels import Waterpixels

__all__ = ["Slic", "SuperpixelMethod", "Waterpixels"]
