"""What verdicts, cases and parties are called, in both languages."""

from __future__ import annotations

import pytest

from counterfoil.verdict.names import CASES, case_word, party
from counterfoil.words import Text


@pytest.mark.parametrize(
    ("named", "en", "zh"),
    [
        ("nobody", "nobody", "无"),
        ("cashier", "cashier", "收银员"),
        ("supervisor", "supervisor", "主管"),
        ("acquirer", "acquirer", "收单机构"),
        ("terminal", "terminal", "终端"),
        ("switch", "switch", "交换中心"),
        ("issuer", "issuer", "发卡行"),
        ("cardholder …1234", "cardholder …1234", "持卡人 …1234"),
        ("merchant 898000000000001", "merchant 898000000000001", "商户 898000000000001"),
        ("issuer-a", "issuer-a", "issuer-a"),
        ("New Street Tea", "New Street Tea", "New Street Tea"),
        ("", "", ""),
    ],
)
def test_a_party_is_called_in_both_languages_and_a_name_stays_as_it_is(named: str, en: str, zh: str) -> None:
    assert party(named) == Text(en, zh)


@pytest.mark.parametrize(
    ("what", "en", "zh"),
    [
        ("reversal_unacknowledged", "the issuer does not acknowledge the reversal", "发卡行未确认冲正"),
        ("reversal_differs", "a reversal names another transaction than its key does", "冲正内容与原交易不符"),
        ("forgotten", CASES["forgotten"].en, "恢复过数据的站点已不再知道该笔交易"),
        ("archived_reversal", "a reversal of a transaction that is archived", "对已归档交易的冲正"),
        ("reversal_escalated", CASES["reversal_escalated"].en, "主管已将未决冲正转人工处理"),
        ("something_new", "something_new", "something_new"),
    ],
)
def test_a_case_is_called_in_both_languages_and_by_the_stations_word_where_there_is_no_other(
    what: str, en: str, zh: str
) -> None:
    assert case_word(what) == Text(en, zh)
