"""Sockets, and the loop that calls `step`: the only place besides `stack` where asyncio lives.

`driver` collects what arrives, lets the station decide and commit, and only then speaks. `server` and `client` carry
length-prefixed messages, `control` carries JSON lines, `performers` writes receipts and notifications, `proxy` breaks
a leg on purpose. Nothing here knows what a payment is.
"""
