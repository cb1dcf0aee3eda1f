"""The Chinese font, as the receipt tests have it."""

from receipts.conftest import font

__all__ = ["font"]
