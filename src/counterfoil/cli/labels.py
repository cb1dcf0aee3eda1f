"""What a station answers, as `name: value` lines in the reader's language: one table of names, one of coded values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from counterfoil.money import Money
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.cli.session import Session

NAMES: Final[Mapping[str, Text]] = {
    "amount": Text("amount", "金额"),
    "balances": Text("balances", "余额"),
    "batch": Text("batch", "批次号"),
    "ca": Text("authority", "签发机构"),
    "card": Text("card", "卡号"),
    "case": Text("case", "案件"),
    "cleared": Text("faults ended", "已清除故障"),
    "copies": Text("copies", "各联"),
    "display": Text("display", "屏幕"),
    "header": Text("header", "报文头"),
    "host": Text("host", "主机"),
    "killed": Text("process killed", "已终止进程"),
    "kind": Text("kind", "类型"),
    "leg": Text("leg", "段"),
    "merchant": Text("merchant", "商户编号"),
    "mti": Text("message type", "消息类型"),
    "open_sale": Text("asks about the goods", "待确认商品"),
    "original": Text("refers to", "原交易"),
    "outcome": Text("outcome", "结果"),
    "paused": Text("process paused", "已暂停进程"),
    "phase": Text("now", "当前"),
    "port": Text("port", "端口"),
    "receipt": Text("receipt", "签购单"),
    "receipt_state": Text("receipt", "签购单"),
    "receipt_trouble": Text("at the printer", "打印机"),
    "ref": Text("payment", "交易"),
    "response_code": Text("response code", "应答码"),
    "retry_of": Text("replaces", "替代"),
    "reversal_reason": Text("reversal reason", "冲正原因"),
    "reversal_tries": Text("reversals sent", "冲正次数"),
    "rrn": Text("RRN", "参考号"),
    "printer": Text("printer", "打印机"),
    "printer2": Text("second printer", "第二台打印机"),
    "prints": Text("prints", "打印"),
    "mark": Text("marked", "标记"),
    "cashier": Text("cashier", "收银员"),
    "result": Text("done", "结果"),
    "trouble": Text("at the printer", "打印机"),
    "second": Text("has a second printer", "有第二台打印机"),
    "sale": Text("sale", "交易"),
    "seconds": Text("seconds", "秒数"),
    "sentence": Text("say", "告知"),
    "signed_on": Text("signed on", "已签到"),
    "stan": Text("STAN", "凭证号"),
    "started_at": Text("began", "开始"),
    "state": Text("state", "状态"),
    "station": Text("station", "站点"),
    "terminal": Text("terminal", "终端编号"),
    "terminals": Text("terminals", "终端"),
    "times": Text("times", "次数"),
    "type": Text("type", "类型"),
    "tls": Text("TLS", "TLS"),
    "tmk": Text("TMK", "TMK"),
    "tpdu": Text("TPDU", "TPDU"),
    "waiting": Text("waiting", "排队"),
}
YES, NO = Text("yes", "是"), Text("no", "否")
RESULTS: Final = {
    "done": Text("yes", "已完成"),
    "not_done": Text("no", "未完成"),
    "unknown": Text("not known", "尚不清楚"),
}
INSTANTS: Final = frozenset({"started_at"})
ZERO_SAYS: Final = frozenset({"waiting", "reversal_tries"})
"""Counts that are left out while they are 0."""


def name_of(name: str, inside: str = "") -> Text:
    """What a field is called; `inside` is the object it is in. As programs know it where it has no other name."""
    if inside in {"copies", "prints"}:
        from counterfoil.terminal.sentences import COPIES

        return COPIES[name]
    return NAMES.get(name, Text(name, name))


def is_text(value: object) -> bool:
    """Whether this is a sentence in both languages."""
    return isinstance(value, dict) and set(value) == {"en", "zh"}


def value_of(name: str, value: Any, inside: str = "") -> Text:
    """A single value: a coded word as people say it, anything else as it is."""
    if isinstance(value, bool):
        return YES if value else NO
    known = _copy if inside == "copies" else CODED.get(name)
    return known(value) if known is not None else Text(str(value), str(value))


def lines(session: Session, value: Mapping[str, Any], indent: str = "", inside: str = "") -> None:
    """A JSON object for people; nothing that is empty, and an amount with its currency."""
    for name, inner in value.items():
        if inner in ("", None, [], {}) or (inner == 0 and name in ZERO_SAYS):
            continue
        if name == "currency" and "amount" in value:
            continue
        called = f"{indent}{session.word(name_of(name, inside))}{session.word(COLON)}"
        if is_text(inner):
            print(f"{called}{session.pick(inner)}")
        elif isinstance(inner, dict):
            print(called.rstrip())
            lines(session, inner, indent + "  ", name)
        elif isinstance(inner, list) and all(map(is_text, inner)):
            print(f"{called}{' / '.join(session.pick(one) for one in inner)}")
        elif isinstance(inner, list) and isinstance(inner[0], dict):
            print(called.rstrip())
            for one in inner:
                lines(session, one, indent + "  ", name)
        elif name in INSTANTS:
            print(f"{called}{session.clock.spoken(inner)}")
        elif name == "amount" and "currency" in value:
            print(f"{called}{Money(inner, value['currency'])}")
        elif isinstance(inner, str) and "\n" in inner:
            print(called.rstrip())
            print(inner.rstrip("\n"))
        else:
            print(f"{called}{session.word(value_of(name, inner, inside))}")


def copy_text(session: Session, copy: str, state: str) -> str:
    """A copy of a receipt and what is known of it."""
    return session.word(name_of(copy, "copies")) + session.word(COLON) + session.word(_copy(state))


COLON: Final = Text(": ", "：")


def _copy(word: Any) -> Text:
    from counterfoil.console import happened

    return happened.copy(str(word))


def _state(word: Any) -> Text:
    from counterfoil.console import happened

    return happened.state(str(word))


def _outcome(word: Any) -> Text:
    from counterfoil.verdict.names import OUTCOMES

    return OUTCOMES.get(word, Text(str(word), str(word)))


def _phase(word: Any) -> Text:
    from counterfoil.verdict.names import phase

    return phase(str(word))


def _result(word: Any) -> Text:
    return RESULTS.get(word, Text(str(word), str(word)))


def _trouble(word: Any) -> Text:
    from counterfoil.terminal.sentences import trouble

    return trouble(str(word))


def _fault(word: Any) -> Text:
    from counterfoil.verdict.names import FAULTS

    return FAULTS.get(word, Text(str(word), str(word)))


def _kind(word: Any) -> Text:
    """A kind of transaction, or of fault."""
    from counterfoil.kinds import BY_NAME

    return BY_NAME[word].says if word in BY_NAME else _fault(word)


def _balance(word: Any) -> Text:
    from counterfoil.receipts.document.slip import BALANCES

    return BALANCES.get(word, Text(str(word), str(word)))


def _party(word: Any) -> Text:
    from counterfoil.verdict.names import party

    return party(str(word))


CODED: Final[Mapping[str, Callable[[Any], Text]]] = {
    "kind": _kind,
    "outcome": _outcome,
    "phase": _phase,
    "receipt_state": _copy,
    "receipt_trouble": _trouble,
    "result": _result,
    "trouble": _trouble,
    "state": _state,
    "station": _party,
    "type": _balance,
}
