"""Counterfoil: a card sale that walks a loop, and every station on it writes its own stub before it speaks."""

__version__ = "0.1.0"
