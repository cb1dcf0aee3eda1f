"""The purchase: the card pays, the acquirer is owed."""

from __future__ import annotations

from typing import Final

from counterfoil.kinds.kind import Deed, Kind, Mode, Movement, Notices, Party, Spelling, Total
from counterfoil.words import Text

PURCHASE: Final = Kind(
    name="purchase",
    says=Text("SALE", "消费"),
    wire=Spelling("0200", "000000", "00", "22"),
    mode=Mode.REQUEST,
    movements=(Movement(Deed.MOVE, Party.CARD, Party.CLEARING),),
    rules=("amount_is_positive", "within_limit_each", "within_limit_day", "within_count_day", "funds_suffice"),
    total=Total.DEBIT,
    notices=Notices(
        booked=Text(
            "Card ending {last4}: {amount} was debited at merchant {merchant}. This message is not a receipt.",
            "您尾号{last4}的卡在商户{merchant}消费，已扣款{amount}。本短信不作为交易凭证。",
        ),
        undone=Text(
            "Card ending {last4}: the debit of {amount} at merchant {merchant} was returned to your account. "
            "This message is not a receipt.",
            "您尾号{last4}的卡在商户{merchant}的消费{amount}，扣款已经退回到账。本短信不作为交易凭证。",
        ),
    ),
)
