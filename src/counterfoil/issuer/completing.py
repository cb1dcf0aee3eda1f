"""A key that the store of an earlier release has not: it is put in when the issuer starts, before it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from counterfoil.issuer.records import INSERT_KEY, SELECT_KEYS
from counterfoil.security import StoredKey
from counterfoil.storage import Store


def complete(store: Store, name: str, made: Callable[[], StoredKey]) -> None:
    """Put in the key of this name (of IssuerKeys); nothing where it is there, or before the seed gave the store any.

    In a commit of its own: whoever dies before it does it again.
    """
    known = {row[0] for row in store.query(SELECT_KEYS)}
    if not known or name in known:
        return
    key = made()
    with store.transaction():
        store.execute(INSERT_KEY, (name, key.usage.value, key.blob, key.kcv))
        store.commit()
