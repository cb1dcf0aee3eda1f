"""The hot loops of Counterfoil, compiled. `counterfoil.accelerator` decides whether they are used.

`messages` reads and writes messages after a dialect's field table and splits streams into packets; `macs`, built where
the headers of OpenSSL are, keeps keyed contexts of libcrypto. `INTERFACE` is what both sides must agree on.
"""

INTERFACE = 6
