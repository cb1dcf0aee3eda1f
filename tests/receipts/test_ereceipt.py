"""E-receipt addresses: what was made here leads back to its sale, and nothing else leads anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from counterfoil.receipts.ereceipt import PLACE, Addresses, issue

HERE = Addresses(bytes(range(32)), "https://receipts.example/")
refs = st.from_regex(r"[A-Za-z0-9]{1,8}/[0-9]{6}/[0-9]{6}", fullmatch=True)


@given(refs)
def test_an_address_leads_back_to_its_sale_and_another_installation_does_not_know_it(ref: str) -> None:
    address = HERE.of(ref)
    assert address.startswith(f"https://receipts.example{PLACE}")
    name = address.rpartition("/")[2]
    assert str(HERE.meant(name)) == ref
    assert Addresses(bytes(32)).meant(name) is None


@given(st.text(st.characters(), max_size=120))
def test_no_text_from_outside_leads_anywhere_or_breaks_anything(name: str) -> None:
    assert HERE.meant(name) is None


@given(refs, st.data())
def test_one_changed_letter_leads_nowhere(ref: str, data: st.DataObject) -> None:
    name = HERE.path(ref).removeprefix(PLACE)
    at = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-0189"))
    changed = name[:at] + letter + name[at + 1 :]
    assert HERE.meant(changed) is None or changed == name


def test_the_code_and_the_address_come_from_one_seed_and_differ() -> None:
    made = issue(bytes(range(32)), "https://receipts.example")
    assert made.address("T0000001/000001/000002") == HERE.of("T0000001/000001/000002")
