"""What the image of a store must not hold: a value of a field that is kept nowhere. A hint that was cut off is none."""

from __future__ import annotations

import pytest

from counterfoil.simulation.audit import holds_what_is_never_kept


@pytest.mark.parametrize(
    ("image", "found"),
    [
        (b'{"35":"[hidden, 37 characters]"}', False),
        (b'{"35":"6299991000000013=3012"}', True),
        (b'{"52":"0123456789ABCDEF"}', True),
        (b'{"45":"[6299991000000013"}', True),
        (b'{"48":"[hidd\x00\x0d\x00\x08', False),
        (b'{"48":"[\x81\x02', False),
        (b'{"48":"\x00\x00', False),
        (b'{"48":"', False),
        (b'{"48":"[hidd\x00", {"35":"6299', True),
        (b'{"2":"6299991000000013"}', False),
    ],
)
def test_a_value_is_found_and_a_hint_that_was_cut_off_is_none(image: bytes, found: bool) -> None:
    assert holds_what_is_never_kept(image) is found
