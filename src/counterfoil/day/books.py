"""The stores of a stack that has come to rest, read from outside: is any step half there, and do all sums agree?

The questions are asked of the tables, not of the stations: a station that forgot half a step would forget it here too.
Every question lists what is wrong; none of them may find anything, however often a process was killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from counterfoil.day.effect import effect_of
from counterfoil.day.town import BasketSale
from counterfoil.errors import PaymentError
from counterfoil.inquiry import Stores
from counterfoil.kinds import BY_NAME, TABLE, Deed
from counterfoil.storage import Store

SHOWN: Final = 20
DOING: Final = {
    "{moving}": (Deed.MOVE, Deed.POST),
    "{holding}": (Deed.HOLD,),
    "{ending}": (Deed.POST, Deed.RELEASE),
    "{booking}": tuple(Deed),
}
"""Words of a question that stand for the kinds with one of these deeds."""
DAMAGE: Final = {
    "damaged": "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "reference to nothing": 'SELECT "table" FROM pragma_foreign_key_check',
}
TERMINAL: Final = {
    "attempt without evidence": (
        "SELECT terminal || '/' || batch || '/' || stan FROM attempt AS a WHERE NOT EXISTS "
        "(SELECT 1 FROM trail AS t WHERE t.sale = a.place)"
    ),
    "evidence without attempt": (
        "SELECT DISTINCT terminal || ' line ' || line FROM trail WHERE sale <> 0 "
        "AND sale NOT IN (SELECT place FROM attempt)"
    ),
    "approval without slip": (
        "SELECT terminal || '/' || batch || '/' || stan FROM attempt WHERE state IN ('approved', 'closed') "
        "AND kind IN ({booking}) AND (terminal, batch, stan) NOT IN (SELECT terminal, batch, stan FROM slip)"
    ),
    "slip without attempt": (
        "SELECT terminal || '/' || batch || '/' || stan FROM slip "
        "WHERE (terminal, batch, stan) NOT IN (SELECT terminal, batch, stan FROM attempt)"
    ),
    "reversal that cannot be built": (
        "SELECT terminal || '/' || batch || '/' || stan FROM attempt "
        "WHERE state IN ('sent', 'reversing') AND length(pan) = 0"
    ),
}
SWITCH: Final = {
    "attempt without evidence": "SELECT rrn FROM attempt WHERE rrn NOT IN (SELECT rrn FROM trail)",
    "reversing without advice": (
        "SELECT rrn FROM attempt WHERE state = 'reversing' AND rrn NOT IN (SELECT rrn FROM outbox)"
    ),
    "advice without reversing": (
        "SELECT rrn FROM outbox WHERE rrn NOT IN (SELECT rrn FROM attempt WHERE state = 'reversing')"
    ),
    "reversal without evidence": (
        "SELECT rrn FROM attempt WHERE state IN ('reversing', 'reversed') "
        "AND rrn NOT IN (SELECT rrn FROM trail WHERE what = 'reversal_owed')"
    ),
    "reversed without acknowledgement": (
        "SELECT rrn FROM attempt WHERE state = 'reversed' "
        "AND rrn NOT IN (SELECT rrn FROM trail WHERE what = 'reversal_acknowledged')"
    ),
    "case number without case": (
        "SELECT rrn FROM attempt WHERE case_number <> '' AND case_number NOT IN (SELECT number FROM exception_case)"
    ),
    "case without attempt": "SELECT number FROM exception_case WHERE rrn NOT IN (SELECT rrn FROM attempt)",
}
ISSUER: Final = {
    "purchase without evidence": "SELECT rrn FROM txn WHERE received = '' AND key NOT IN (SELECT txn FROM trail)",
    "charge without entry": (
        "SELECT rrn FROM txn WHERE state IN ('posted', 'reversed') AND kind IN ({moving}) AND NOT EXISTS "
        "(SELECT 1 FROM entry WHERE id = key AND entry.amount = txn.amount)"
    ),
    "hold without record": (
        "SELECT rrn FROM txn WHERE state IN ('posted', 'reversed') AND kind IN ({holding}) AND NOT EXISTS "
        "(SELECT 1 FROM hold WHERE id = key AND hold.amount = txn.amount)"
    ),
    "end of a hold without record": (
        "SELECT rrn FROM txn WHERE state IN ('posted', 'reversed') AND kind IN ({ending}) "
        "AND key NOT IN (SELECT id FROM resolution)"
    ),
    # Nothing goes back of what another transaction gave back before, or of what stood against one that went back.
    "return without entry": (
        "SELECT rrn FROM txn WHERE state = 'reversed' AND kind IN ({moving}) AND (returned_at > 0 "
        "OR (key NOT IN (SELECT child.original FROM txn AS child) "
        "AND txn.original NOT IN (SELECT key FROM txn WHERE state = 'reversed'))) AND NOT EXISTS (SELECT 1 FROM entry "
        "WHERE id = key || '/reversal' AND entry.amount = txn.amount AND reverses = key)"
    ),
    "entry without charge": (
        "SELECT id FROM entry WHERE reverses = '' AND (debit LIKE 'card:%' OR debit LIKE 'clearing:%') AND id NOT IN "
        "(SELECT key FROM txn WHERE state IN ('posted', 'reversed'))"
    ),
    "open hold without a pre-authorisation that stands": (
        "SELECT id FROM hold WHERE id NOT IN (SELECT hold FROM resolution) AND "
        "CASE hold.original WHEN '' THEN id ELSE hold.original END NOT IN (SELECT key FROM txn WHERE state = 'posted' "
        "AND kind IN ({holding}) AND key NOT IN (SELECT child.original FROM txn AS child "
        "WHERE child.state = 'posted'))"
    ),
    "pre-authorisation that stands without its hold": (
        "SELECT rrn FROM txn WHERE state = 'posted' AND kind IN ({holding}) AND key NOT IN "
        "(SELECT child.original FROM txn AS child WHERE child.state = 'posted') AND NOT EXISTS (SELECT 1 FROM hold "
        "LEFT JOIN resolution ON resolution.hold = hold.id WHERE (hold.id = key OR hold.original = key) "
        "AND (outcome IS NULL OR outcome = 'expired'))"
    ),
    "entry without return": (
        "SELECT id FROM entry WHERE reverses <> '' AND id NOT IN "
        "(SELECT key || '/reversal' FROM txn WHERE state = 'reversed')"
    ),
    "advice booked by half": (
        "SELECT advice.key FROM advice JOIN txn ON txn.key = advice.original "
        "WHERE outcome = 'book' AND state <> 'reversed'"
    ),
    "balance that is not its entries": (
        "SELECT account.id FROM account WHERE balance <> "
        "coalesce((SELECT sum(amount) FROM entry WHERE credit = account.id), 0) - "
        "coalesce((SELECT sum(amount) FROM entry WHERE debit = account.id), 0)"
    ),
    "held that is not its holds": (
        "SELECT account.id FROM account WHERE held <> coalesce((SELECT sum(amount) FROM hold "
        "WHERE debit = account.id AND id NOT IN (SELECT hold FROM resolution)), 0)"
    ),
    "below zero without a promise": (
        "SELECT account.id FROM account WHERE held > balance AND held - balance > coalesce((SELECT sum(amount) "
        "FROM entry WHERE debit = account.id AND forced = 1), 0) + coalesce((SELECT sum(amount) FROM hold "
        "WHERE debit = account.id AND again <> '' AND id NOT IN (SELECT hold FROM resolution)), 0)"
    ),
    "posting without the end of its hold": (
        "SELECT id FROM entry WHERE hold <> '' AND id NOT IN (SELECT id FROM resolution WHERE outcome = 'posted')"
    ),
    "end of a hold without its posting": (
        "SELECT hold FROM resolution WHERE outcome = 'posted' AND id NOT IN (SELECT id FROM entry WHERE hold <> '')"
    ),
    "entry that stands against nothing": (
        "SELECT id FROM entry WHERE original <> '' AND original NOT IN (SELECT id FROM entry)"
    ),
    "entry on no statement": (
        "SELECT id FROM (SELECT id, debit AS side FROM entry UNION ALL SELECT id, credit FROM entry) AS sides "
        "WHERE side LIKE 'card:%' AND (side, id) NOT IN (SELECT debit, before_debit FROM entry UNION ALL "
        "SELECT credit, before_credit FROM entry UNION ALL SELECT id, last_entry FROM account)"
    ),
    "statement that ends in nothing": (
        "SELECT id FROM account WHERE last_entry <> '' AND last_entry NOT IN (SELECT id FROM entry)"
    ),
    "case number without case": (
        "SELECT rrn FROM txn WHERE case_number <> '' AND case_number NOT IN (SELECT number FROM exception_case)"
    ),
}
# What the acquirers' clearing accounts received from one shopper's card.
CLEARING: Final = (
    "SELECT card.name, coalesce(sum(CASE WHEN entry.debit = card.account THEN amount ELSE -amount END), 0) FROM card "
    "JOIN entry ON (debit = card.account AND credit LIKE 'clearing:%') "
    "OR (credit = card.account AND debit LIKE 'clearing:%') GROUP BY card.name"
)
AT_SWITCH: Final = (
    "SELECT terminal || '/' || batch || '/' || stan, issuer || '/' || transmitted || '/' || trace, kind, amount "
    "FROM attempt WHERE state = 'approved'"
)
AT_TERMINAL: Final = (
    "SELECT terminal || '/' || batch || '/' || stan, rrn, kind, amount "
    "FROM attempt WHERE state IN ('approved', 'closed')"
)
POSTED: Final = "SELECT key, rrn, amount FROM txn WHERE state = 'posted' AND kind IN ({booking})"
OURS: Final = "SELECT terminal FROM device"
# The mark of every print but the ORIGINAL, in the languages of the slips.
DUPLICATES: Final = ("DUPLICATE", "重打印")
COPIES: Final = frozenset({"merchant", "cardholder"})


class Receipts(NamedTuple):
    """What lies in the printers' trays: prints, what came out as ORIGINAL twice, and slips of sales not approved."""

    prints: int
    originals_twice: list[str]
    unpaid: list[str]


def half_written(stores: Stores) -> list[str]:
    """Every sign that a step is only half on a disk, with the store and the record; [] when there is none."""
    rooms: dict[str, Mapping[str, str]] = {"terminal": TERMINAL, "switch": SWITCH}
    rooms |= dict.fromkeys(stores.issuers, ISSUER)
    found: list[str] = []
    for name, questions in rooms.items():
        store = stores.of(name)
        if store is None:
            found.append(f"{name}: its store cannot be opened")
            continue
        try:
            found += [f"{name}: {line}" for line in answers(store, {**DAMAGE, **questions})]
        except PaymentError as error:
            found.append(f"{name}: {error}")
    return found


def answers(store: Store, questions: Mapping[str, str]) -> Iterator[str]:
    """What the questions find in one store."""
    with store.reading():
        for what, sql in questions.items():
            for (record,) in store.query(spelt_out(sql))[:SHOWN]:
                yield f"{what}: {record}"


def spelt_out(question: str) -> str:
    """The question with the names of the kinds that its words of DOING stand for."""
    for word, deeds in DOING.items():
        names = (kind.name for kind in TABLE if any(movement.deed in deeds for movement in kind.movements))
        question = question.replace(word, ", ".join(f"'{name}'" for name in names))
    return question


def unowned(stores: Stores) -> list[str]:
    """RRNs of charges that stand at an issuer while switch or terminal does not count them as a sale of this amount."""
    if stores.terminal is None or stores.switch is None:
        return []  # half_written says so
    ours = {terminal for (terminal,) in stores.terminal.query(OURS)}
    switch = {request: (ref, amount) for ref, request, _, amount in stores.switch.query(AT_SWITCH)}
    terminal = {ref: amount for ref, _, _, amount in stores.terminal.query(AT_TERMINAL)}
    found = []
    for name, store in stores.each_issuer():
        for key, rrn, amount in store.query(spelt_out(POSTED)):
            _, _, sent = key.partition("/")
            ref, known = switch.get(f"{name}/{sent}", ("", 0))
            if known != amount or (ref.partition("/")[0] in ours and terminal.get(ref) != amount):
                found.append(rrn)
    return found


def cleared(stores: Stores, shoppers: Collection[str]) -> int:
    """What the clearing accounts hold from these cards, minor units."""
    rows = [row for _, store in stores.each_issuer() for row in store.query(CLEARING)]
    return sum(amount for name, amount in rows if name in shoppers)


def nets(stores: Stores, sales: Iterable[BasketSale]) -> dict[str, int]:
    """What the day took from the cards, less what it gave back, as tills, terminals and switch have it, minor units."""
    day = list(sales)
    refs = {sale.ref for sale in day if sale.ref}
    return {
        "tills": sum(sale.effect.taken for sale in day),
        "terminals": _sum(stores.terminal, AT_TERMINAL, refs),
        "switch": _sum(stores.switch, AT_SWITCH, refs),
    }


def _sum(store: Store | None, sql: str, refs: Collection[str]) -> int:
    rows = store.query(sql) if store is not None else []
    return sum(effect_of(BY_NAME[kind], amount).taken for ref, _, kind, amount in rows if ref in refs)


def receipts(folder: Path, sales: Iterable[BasketSale]) -> Receipts:
    """What the printers put out for these sales."""
    sold = {sale.ref.replace("/", "-"): sale.outcome == "approved" for sale in sales if sale.ref}
    originals: Counter[str] = Counter()
    unpaid: set[str] = set()
    prints = 0
    for path in folder.glob("*.txt"):
        ref, copy, *_ = path.name.split(".")
        if copy not in COPIES or ref not in sold:
            continue
        prints += 1
        if not sold[ref]:
            unpaid.add(ref.replace("-", "/"))
        text = path.read_text("utf-8")
        originals[f"{ref.replace('-', '/')} {copy}"] += not any(mark in text for mark in DUPLICATES)
    return Receipts(prints, sorted(name for name, count in originals.items() if count > 1), sorted(unpaid))
