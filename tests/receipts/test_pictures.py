"""The pictures in the documentation are those that the code draws today."""

from __future__ import annotations

from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from counterfoil.receipts import proof
from counterfoil.receipts.render import fonts
from counterfoil.receipts.render.text import Language
from receipts.pictures import FOLDER, FONT, SEED, drawn, file, names
from receipts.slips import SLIP
from system import needed

AGAIN = "make them again: PYTHONPATH=tests python -m receipts.pictures"


@pytest.fixture(scope="module", autouse=True)
def micro_hei() -> Path:
    return needed(FONT.name, lambda: FONT if FONT.is_file() else None, fonts.PACKAGE)


@pytest.mark.parametrize(("name", "language", "width"), list(names()))
def test_a_picture_is_what_the_code_draws(name: str, language: Language, width: str) -> None:
    with Image.open(file(name, language, width)) as kept:
        made = drawn(name, language, width)
        assert (kept.size, kept.convert("1").tobytes()) == (made.size, made.tobytes()), AGAIN


def test_there_is_no_picture_of_anything_else() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {file(*name).name for name in names()}, AGAIN


@pytest.mark.parametrize("width", ["58", "80"])
def test_the_code_in_the_picture_is_genuine(width: str) -> None:
    with Image.open(file("sale-cardholder", "zh", width)) as picture:
        (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    facts = proof.verified(proof.read(found.text), proof.public_key(SEED))
    assert (facts.amount, facts.currency, facts.last4) == (SLIP.amount, SLIP.currency, SLIP.card[-4:])
