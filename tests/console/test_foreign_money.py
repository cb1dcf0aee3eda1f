"""A refused request may have named a currency that nobody knows, or none: every page that shows it is there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from console.desk import REF
from console.hostile import Stranger
from counterfoil.storage import migrations_of, open_store
from counterfoil.storage.forgotten import INSERT, Forgotten


@pytest.mark.parametrize("currency", ["", "999"])
def test_a_row_of_an_unknown_currency_takes_no_page_away(tmp_path: Path, currency: str) -> None:
    with closing(Stranger(tmp_path)) as desk:
        path = desk.reach.layout.store("switch")
        store = open_store(path, migrations_of("counterfoil.switch"))
        terminal, batch, stan = REF.split("/")
        stranger = f"OUTSIDE1/{batch}/{stan}"
        where = "terminal = ? AND batch = ? AND stan = ?"
        ((rrn, amount),) = store.query(f"SELECT rrn, amount FROM attempt WHERE {where}", (terminal, batch, stan))
        row = Forgotten(
            "F-1", "OUTSIDE1", "OUTSIDE1", "", "", rrn, "OUTSIDE1", "", amount, currency, "0013", desk.reach.at
        )
        with store.transaction():
            store.execute(
                f"UPDATE attempt SET terminal = 'OUTSIDE1', currency = ? WHERE {where}",
                (currency, terminal, batch, stan),
            )
            store.execute(INSERT, tuple(row))
            store.commit()
        store.close()
        token, _ = desk.session("supervisor")
        headers = {"cookie": f"counterfoil_session={token}"}
        for page in (f"/payments/{stranger}", f"/payments/{stranger}/live", "/inbox", "/inbox/live", "/ops"):
            assert desk.call("GET", page, headers=headers).status == 200, page
        assert f"({amount})" in desk.call("GET", f"/payments/{stranger}", headers=headers).text
