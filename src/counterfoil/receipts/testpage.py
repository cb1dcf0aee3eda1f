"""The test page: everything a receipt needs, and four digits that are nowhere but on this paper.

No sensor sees that paper is blank. Whoever can type the digits has read them.
"""

from __future__ import annotations

from counterfoil.receipts.document import Document, Heading, Note, Row, Rule
from counterfoil.receipts.profile import Profile
from counterfoil.words import Text

SENTENCE = Text(
    "The quick brown fox jumps over the lazy dog. 0123456789 .,:;!?*#%&/()",
    "永和九年岁在癸丑，暮春之初，会于会稽山阴之兰亭。￥１２３４５．６７",
)


def page(profile: Profile, address: str, code: str) -> Document:
    """The page for one printer; `code` is printed large, last."""
    return Document(
        (
            Heading(Text("TEST PAGE", "测试页"), big=True),
            Heading(Text("THIS IS NOT A RECEIPT", "非凭证联")),
            Rule(),
            Row(Text("MODEL", "型号"), Text(profile.title, profile.title)),
            Row(Text("ADDRESS", "地址"), Text(address, address)),
            Row(Text("WIDTH", "宽度"), Text(str(profile.columns), str(profile.columns))),
            Note(SENTENCE),
            Rule(),
            Note(Text("Type these four digits at the till:", "请在收银台输入以下四位数字：")),
            Heading(Text(code, code), big=True),
        )
    )
