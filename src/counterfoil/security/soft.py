"""The software back end of the port. It is not an HSM: keys and PINs pass through the memory of this process."""

from __future__ import annotations

import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidTag

from counterfoil.security import cvv as values
from counterfoil.security import pin as pins
from counterfoil.security import track as tracks
from counterfoil.security.failures import CARD_CODE, MAC_CODE, KeyUsageError, SealError, SecurityError
from counterfoil.security.keys import KCV_BYTES, KeyRing, KeyUsage, OpenKey, StoredKey, odd_parity
from counterfoil.security.mac import MAC_BYTES, KeyedMac, MacAlgorithm, keyed_aes, keyed_des
from counterfoil.security.pan import is_pan

# Looking a member up on its enum costs 0.2 µs each time; the hot verbs use these names.
_MAC = KeyUsage.MAC
_PIN = (KeyUsage.PIN, KeyUsage.PIN_AES)
_PIN_AES = KeyUsage.PIN_AES
_PVK = KeyUsage.PVK
_CVK = KeyUsage.CVK
_TOKEN = KeyUsage.TOKEN
_AES_CMAC = MacAlgorithm.AES_CMAC
_WORKING = (KeyUsage.PIN, KeyUsage.MAC, KeyUsage.TRACK)
_DES_USAGES = frozenset({KeyUsage.TMK, KeyUsage.PIN, KeyUsage.MAC, KeyUsage.TRACK, KeyUsage.PVK, KeyUsage.CVK})
_NONCE = 12


class SoftHsm:
    """Software implementation of `Hsm`, on `cryptography`.

    `lmk` is the station's local master key (32 bytes); `entropy(n)` gives n unpredictable bytes (the only source of
    randomness); `remembered` bounds the open keys kept in memory.
    """

    def __init__(self, lmk: bytes, entropy: pins.Entropy, *, remembered: int = 4096) -> None:
        self._ring = KeyRing(lmk, entropy, remembered=remembered)
        self._entropy = entropy
        self._keyed_macs = lru_cache(maxsize=remembered)(self._key_mac)

    # --- keys -------------------------------------------------------------------------------------------------------

    def generate(self, usage: KeyUsage, size: int) -> StoredKey:
        """Make a random key; of a DES size with odd parity, as DES devices check it."""
        key = self._entropy(size)
        if usage in _DES_USAGES and size <= 24:
            key = odd_parity(key)
        return self._ring.seal(usage, key)

    def import_clear(self, usage: KeyUsage, key: bytes) -> StoredKey:
        """Seal a clear key."""
        return self._ring.seal(usage, key)

    def wrap(self, key: StoredKey, under: StoredKey, *, width: int = 0) -> tuple[bytes, bytes]:
        """Encrypt a working key under a TMK."""
        master = self._ring.open(under, KeyUsage.TMK).des
        working = self._ring.open(key, *_WORKING)
        return master.encrypt(working.des.clear).ljust(width, b"\0"), working.kcv

    def unwrap(self, usage: KeyUsage, cryptogram: bytes, kcv: bytes, under: StoredKey) -> StoredKey:
        """Decrypt a working key and compare its check value."""
        master = self._ring.open(under, KeyUsage.TMK).des
        if usage not in _WORKING:
            raise KeyUsageError(f"a {usage} key is not a working key")
        if len(cryptogram) == 16 and not any(cryptogram[8:]):
            cryptogram = cryptogram[:8]
        if len(cryptogram) not in (8, 16, 24) or len(kcv) != KCV_BYTES:
            raise SecurityError("a wrapped key of an impossible length", response_code=MAC_CODE)
        clear = master.decrypt(cryptogram)
        if not hmac.compare_digest(OpenKey(usage, clear).kcv, kcv):
            raise SecurityError("the check value of a wrapped key disagrees", response_code=MAC_CODE)
        return self._ring.seal(usage, clear)

    # --- messages ---------------------------------------------------------------------------------------------------

    def mac(
        self, key: StoredKey, data: bytes, algorithm: MacAlgorithm = MacAlgorithm.CUP_ECB, raw: bool = False
    ) -> bytes:
        """MAC of 8 bytes."""
        return self.keyed_mac(key, algorithm, raw).of(data)

    def verify_mac(
        self,
        key: StoredKey,
        data: bytes,
        mac: bytes,
        algorithm: MacAlgorithm = MacAlgorithm.CUP_ECB,
        raw: bool = False,
    ) -> bool:
        """Whether a MAC is right, in constant time."""
        right = self.mac(key, data, algorithm, raw)
        return len(mac) == MAC_BYTES and hmac.compare_digest(right, mac)

    def keyed_mac(self, key: StoredKey, algorithm: MacAlgorithm = MacAlgorithm.CUP_ECB, raw: bool = False) -> KeyedMac:
        """Maker and verifier of a link's MACs."""
        return self._keyed_macs(key, algorithm, raw)

    def _key_mac(self, key: StoredKey, algorithm: MacAlgorithm, raw: bool) -> KeyedMac:
        opened = self._ring.open(key, _MAC)
        return keyed_aes(opened.aes) if algorithm is _AES_CMAC else keyed_des(opened.des, algorithm, raw=raw)

    # --- PINs -------------------------------------------------------------------------------------------------------

    def encrypt_pin(self, key: StoredKey, pin: str, pan: str, form: int = 0) -> bytes:
        """Encrypted PIN block."""
        opened = self._ring.open(key, *_PIN)
        return self._seal_pin(opened, pin, pan, form)

    def translate_pin(
        self,
        block: bytes,
        pan: str,
        source: StoredKey,
        target: StoredKey,
        *,
        form: int | None = None,
        to: int | None = None,
    ) -> bytes:
        """PIN block re-encrypted under another key."""
        come = self._ring.open(source, *_PIN)
        go = self._ring.open(target, *_PIN)
        if form is to is None and come.blocks is not None and go.blocks is not None:
            moved = come.blocks.pin_moved(go.blocks, block, pan)
            if moved is not None:
                return moved
        form = _form_of(come) if form is None else form
        to = _form_of(go) if to is None else to
        if form in pins.BOUND_FORMS and to not in pins.BOUND_FORMS:
            raise KeyUsageError("a PIN bound to a card number must stay bound to it")
        if form == to == 0:
            # The hot path of a switch: checked, then encrypted again as it stands.
            _check_form(come, form)
            _check_form(go, to)
            clear = _clear_block(come, block)
            pins.parse(form, clear, pan)
            return go.des.encrypt(clear)
        return self._seal_pin(go, self._open_pin(come, block, pan, form), pan, to)

    def verify_pin(self, block: bytes, pan: str, key: StoredKey, pvk: StoredKey, pvv: str) -> bool:
        """Whether the PIN in a block is the card's."""
        opened = self._ring.open(key, *_PIN)
        verifier = self._ring.open(pvk, _PVK).des
        if opened.blocks is not None and verifier.compiled is not None:
            value = opened.blocks.pin_value(verifier.compiled, block, pan)
            if value is not None:
                return hmac.compare_digest(value, pvv.encode())
        pin = self._open_pin(opened, block, pan, _form_of(opened))
        if len(pin) != pins.PVV_DIGITS:
            return False
        return hmac.compare_digest(pins.pvv(pin, pan, verifier).encode(), pvv.encode())

    def make_pvv(self, pin: str, pan: str, pvk: StoredKey) -> str:
        """PVV of a four-digit PIN."""
        return pins.pvv(pin, pan, self._ring.open(pvk, _PVK).des)

    def _seal_pin(self, key: OpenKey, pin: str, pan: str, form: int) -> bytes:
        _check_form(key, form)
        if form == 4:
            return pins.build_4(pin, pan, self._entropy, key.aes.encrypt)
        return key.des.encrypt(pins.build(form, pin, pan, self._entropy))

    def _open_pin(self, key: OpenKey, block: bytes, pan: str, form: int) -> str:
        _check_form(key, form)
        if form == 4:
            return pins.parse_4(block, pan, key.aes.decrypt)
        return pins.parse(form, _clear_block(key, block), pan)

    # --- card data --------------------------------------------------------------------------------------------------

    def make_cvv(self, pan: str, expiry: str, service: str, cvk: StoredKey) -> str:
        """Card verification value of a stripe."""
        return values.cvv(pan, expiry, service, self._ring.open(cvk, _CVK).des)

    def verify_cvv(self, pan: str, expiry: str, service: str, cvv: str, cvk: StoredKey) -> bool:
        """Whether a card verification value is right, in constant time."""
        right = values.cvv(pan, expiry, service, self._ring.open(cvk, _CVK).des)
        return cvv.isascii() and hmac.compare_digest(right, cvv)

    def encrypt_track(self, key: StoredKey, track: str) -> str:
        """Track 2 with 16 of its digits encrypted."""
        return tracks.encrypt(track, self._ring.open(key, KeyUsage.TRACK).des)

    def decrypt_track(self, key: StoredKey, track: str) -> str:
        """Track 2 with its 16 encrypted digits decrypted."""
        return tracks.decrypt(track, self._ring.open(key, KeyUsage.TRACK).des)

    def token(self, pan: str, key: StoredKey) -> str:
        """Keyed hash of a card number, lower-case hex."""
        opened = self._ring.open(key, _TOKEN)
        if opened.hmac is not None and (token := opened.hmac.of_digits(pan)) is not None:
            return token
        return opened.keyed_hash(_pan_bytes(pan)).hex()

    def protect(self, pan: str, key: StoredKey, context: str = "") -> bytes:
        """Card number encrypted for storage."""
        opened = self._ring.open(key, KeyUsage.DATA)
        return opened.sealed(self._entropy(_NONCE), _pan_bytes(pan), _pan_context(context))

    def reveal(self, blob: bytes, key: StoredKey, context: str = "") -> str:
        """Card number of a `protect`ed value."""
        opened = self._ring.open(key, KeyUsage.DATA)
        try:
            return opened.gcm.decrypt(blob[:_NONCE], blob[_NONCE:], _pan_context(context)).decode("ascii")
        except (InvalidTag, ValueError):
            raise SealError("a stored card number does not open") from None


def _form_of(key: OpenKey) -> int:
    return 4 if key.usage is _PIN_AES else 0


def _clear_block(key: OpenKey, block: bytes) -> bytes:
    if len(block) != 8:
        raise SecurityError("malformed PIN block")
    return key.des.decrypt(block)


def _check_form(key: OpenKey, form: int) -> None:
    if (form == 4) is not (key.usage is _PIN_AES):
        raise KeyUsageError(f"a {key.usage} key does not make PIN blocks of format {form}")


def _pan_bytes(pan: str) -> bytes:
    if not is_pan(pan):
        raise SecurityError("not a card number", response_code=CARD_CODE)
    return pan.encode("ascii")


def _pan_context(context: str) -> bytes:
    return b"counterfoil card number 1 " + context.encode()
