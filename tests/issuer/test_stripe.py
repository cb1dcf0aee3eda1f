"""What a card must prove by the way it came in: every combination, what guessing costs, and what a guesser learns."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Final

import pytest

from counterfoil.errors import StoreError
from counterfoil.iso8583.ranges import ENTRY_MODES
from counterfoil.issuer import Records, complete
from counterfoil.security import SoftHsm, StoredKey, write_track2
from counterfoil.security.ciphers import DesKey
from counterfoil.storage import migrations_of, open_store
from issuer.bank import CLEAR, DAY, PANS, TAIL, Bank, entropy, miswritten, track

STRIPES: Final = ("none", "true", "wrong value", "wrong date", "wrong service", "old", "of another", "no value", "bare")
DATES: Final = ("own", "other", "none")
CARDS: Final = ("alice", "nopin", "unknown")


def stripe_of(card: str, kind: str) -> str | None:
    """A stripe of one of STRIPES."""
    stripe = track(card)
    made = {
        "none": None,
        "true": stripe,
        "wrong value": miswritten(stripe),
        "wrong date": miswritten(stripe, 18),  # the year; the value is that of the true date
        "wrong service": miswritten(stripe, 21),
        "old": track(card, "2911"),
        "of another": track("bob"),
        "no value": stripe[:27],
        "bare": stripe[:17] + "==",
    }
    return made[kind]


def due(card: str, mode: str, kind: str, date: str, pin: str | None, *, typed: bool) -> str:
    """The code of a purchase, told a second time: entry, proof, card, dates, PIN."""
    stripe = kind != "none"
    if mode not in ("01", "02", "90") or (mode == "01" and stripe):
        return "12"
    if kind == "of another":
        return "14"
    if mode == "01":
        if not typed:
            return "57"
        if card == "unknown" or date != "own":
            return "14"
    else:
        if kind not in ("true", "old"):
            return "59"
        if card == "unknown":
            return "14"
        if kind == "old" or date == "other":
            return "54"
    return "55" if card == "alice" and pin is None else "00"


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("card", CARDS)
def test_every_combination(card: str, typed: bool) -> None:
    bank = Bank(typed=typed, guesses=10_000)
    answers = []
    for mode, kind, date, pin in product(("00", "01", "02", "05", "07", "90", "91"), STRIPES, DATES, ("1234", None)):
        digits = {"own": "3012", "other": "3111", "none": None}[date]
        changes = {"de22": mode + ("1" if pin else "2"), "de35": stripe_of(card, kind), "de14": digits}
        expected = due(card, mode, kind, date, pin, typed=typed)
        answers.append(expected)
        assert bank.code(bank.purchase(card, 1, pin, **changes)) == expected, (mode, kind, date, pin)
    assert set(answers) >= {"12", "14", "59"}
    assert card == "unknown" or bank.card(card)["balance"] == 500_000 - answers.count("00")
    bank.assert_sound()


@pytest.mark.parametrize("mode", sorted(ENTRY_MODES))
def test_every_entry_mode_there_is_says_what_it_must_prove(mode: str) -> None:
    bank = Bank(typed=True)
    swiped, bare = bank.purchase("nopin", de22=mode), bank.purchase("nopin", de22=mode, de35=None)
    codes = {"02": ("00", "59"), "90": ("00", "59"), "01": ("12", "00")}
    assert (bank.code(swiped), bank.code(bare)) == codes.get(mode[:2], ("12", "12"))


@pytest.mark.parametrize("card", ["alice", "unknown", "lost", "old", "poor"])
@pytest.mark.parametrize("at", [*range(17, 24), 29, 30, 31])
def test_any_other_digit_gets_the_same_answer_whatever_the_card_is(card: str, at: int) -> None:
    bank = Bank()
    stripe = miswritten(track(card), at)
    made = bank.purchase(card, 10**6, "0000", de35=stripe, de14=None)
    no_month = not "01" <= stripe[19:21] <= "12"  # then it is no stripe at all
    assert bank.code(made) == ("30" if no_month else "59")
    assert card == "unknown" or bank.card(card)["pin_failures"] == 0


def test_the_purse_of_a_guesser_is_five_a_day_and_the_cards_owner_waits_till_midnight() -> None:
    bank = Bank()
    wrong = miswritten(track("nopin"))
    assert [bank.code(bank.purchase("nopin", de35=wrong)) for _ in range(5)] == ["59"] * 5
    assert bank.code(bank.purchase("nopin")) == "59"
    assert [bank.code(bank.purchase("nopin", de35=wrong)) for _ in range(50)] == ["59"] * 50
    assert bank.code(bank.purchase("alice")) == "00"
    bank.restart()
    assert bank.code(bank.purchase("nopin")) == "59"
    bank.now += DAY // 2  # midnight of the issuer
    assert bank.code(bank.purchase("nopin")) == "00"
    assert {row[0] for row in bank.rows("txn", "refusal")} == {"", "stripe_wrong", "stripe_guessed"}


def test_guesses_of_one_step_are_counted_like_any_others_and_move_nothing_else() -> None:
    bank = Bank()
    bank.ask(bank.purchase("daily", 2_000))
    wrong = [bank.purchase("daily", 500, de35=miswritten(track("daily"))) for _ in range(4)]
    assert [answer.de39 for answer in bank.ask(*wrong)] == ["59"] * 4
    counted = bank.store.query("SELECT spent, count, guesses FROM account WHERE guesses > 0")
    assert counted == [(2_000, 1, 4)]
    assert bank.code(bank.purchase("daily", 1_001)) == "61"
    assert bank.code(bank.purchase("daily", 1_000)) == "00"


def test_a_missing_stripe_and_what_nobody_vouches_for_are_no_guesses() -> None:
    bank = Bank()
    for _ in range(9):
        assert bank.code(bank.purchase("nopin", de35=None)) == "59"
        spoilt = bank.sealed(bank.purchase("nopin", de35=miswritten(track("nopin"))))
        assert bank.code(spoilt[:-1] + bytes([spoilt[-1] ^ 1])) == "63"
    assert bank.code(bank.purchase("nopin")) == "00"


def test_advices_carry_no_stripe_and_need_none() -> None:
    bank = Bank()
    purchase = bank.purchase("nopin")
    assert bank.code(purchase) == "00"
    for _ in range(5):
        bank.code(bank.purchase("nopin", de35=miswritten(track("nopin"))))
    assert bank.code(bank.advice(purchase, de22="021")) == "00"
    assert bank.balance("nopin") == "5000.00"


def test_a_repeat_is_answered_as_before_without_another_guess() -> None:
    bank = Bank()
    purchase = bank.purchase("nopin", de35=miswritten(track("nopin")))
    repeat = purchase.copy()
    repeat.mti = "0201"
    assert [bank.code(one) for one in (purchase, *[repeat] * 9)] == ["59"] * 10
    assert bank.code(bank.purchase("nopin")) == "00"


def test_no_line_of_evidence_has_the_value(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    stripe = track("nopin", service="221")
    bank.ask(bank.purchase("nopin", de35=stripe), bank.purchase("nopin", de35=miswritten(stripe)))
    bank.store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (stripe[17:], stripe[24:], miswritten(stripe)[24:]):
        assert secret.encode() not in kept


def test_a_store_without_the_key_is_completed_once_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    bank = Bank(tmp_path)
    bank.store.execute("DELETE FROM station_key WHERE name = 'cvk'")
    with pytest.raises(StoreError, match="does not hold the keys"):
        bank.restart()
    hsm, asked = SoftHsm(bank.lmk, entropy("upgrade")), list[int]()

    def made() -> StoredKey:
        asked.append(1)
        return hsm.import_clear(*CLEAR["cvk"])

    for _ in range(2):
        complete(bank.store, "cvk", made)
    assert asked == [1]
    bank.restart()
    assert bank.code(bank.purchase("nopin")) == "00"
    bank.store.close()
    fresh = open_store(path.with_name("fresh.db"), migrations_of("counterfoil.issuer"))
    complete(fresh, "cvk", made)
    assert Records(fresh).keys() is None
    fresh.close()


def test_counters_of_an_earlier_store_begin_without_guesses(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = open_store(path, migrations_of("counterfoil.issuer")[:9])
    with old.transaction():
        old.execute("INSERT INTO account (id, kind, currency, balance) VALUES ('card:a', 'cardholder', 'CNY', 700)")
        old.commit()
    old.close()
    new = open_store(path, migrations_of("counterfoil.issuer"))
    assert new.query("SELECT balance, guesses FROM account") == [(700, 0)]
    new.close()


def test_another_issuers_value_is_wrong() -> None:
    foreign = write_track2(PANS["nopin"], "3012", "201", DesKey(bytes(range(16))), TAIL)
    bank = Bank()
    assert bank.code(bank.purchase("nopin", de35=foreign)) == "59"
