"""Loops that numba compiles; each releases the interpreter and works on a range of planes."""
