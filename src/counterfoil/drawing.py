"""Chance that can be had again: plans, faults and simulated worlds draw by a seed. Nothing secret is drawn here."""

from __future__ import annotations

import random


def drawing(seed: str | int) -> random.Random:
    """What draws for one purpose: the same numbers for a seed in every run."""
    return random.Random(seed)  # noqa: S311 - no secret is drawn by a seed
