"""A stack starts on a machine without fonts, with a printer too: the names of its demo are taken, others are not."""

from __future__ import annotations

from counterfoil.receipts.naming import on_paper
from counterfoil.receipts.profile import PROFILES
from counterfoil.receipts.render.fonts import Chain
from counterfoil.stack.seed import _naming


def test_the_demo_needs_no_font_and_a_name_that_is_registered_later_does() -> None:
    naming = _naming(on_paper([PROFILES["generic-80"]], Chain(())), {"Corner Grocery 街角杂货 #1"})
    assert naming("Corner Grocery 街角杂货 #1") is None
    refused = naming("老街茶馆")
    assert refused is not None
    assert "U+8001" in refused.en
