# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""MACs and block ciphers under keyed contexts of libcrypto. Nothing here is a cipher of its own.

At import the contexts prove themselves against published values, used twice each; a libcrypto that fails (one that
cannot begin anew under the same key, before 3.0.3) makes the import fail, and the MACs stay in Python.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset


cdef extern from "openssl/params.h":
    ctypedef struct OSSL_PARAM:
        const char* key
    OSSL_PARAM OSSL_PARAM_construct_utf8_string(const char* key, char* value, size_t size)
    OSSL_PARAM OSSL_PARAM_construct_end()

cdef extern from "openssl/crypto.h":
    int CRYPTO_memcmp(const void* left, const void* right, size_t size)

cdef extern from "openssl/evp.h":
    ctypedef struct EVP_CIPHER
    ctypedef struct EVP_CIPHER_CTX
    ctypedef struct EVP_MAC
    ctypedef struct EVP_MAC_CTX
    const EVP_CIPHER* EVP_des_ede3_ecb()
    const EVP_CIPHER* EVP_aes_128_gcm()
    const EVP_CIPHER* EVP_aes_192_gcm()
    const EVP_CIPHER* EVP_aes_256_gcm()
    int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX* context, int what, int size, void* place)
    EVP_CIPHER_CTX* EVP_CIPHER_CTX_new()
    void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX* context)
    int EVP_CIPHER_CTX_set_padding(EVP_CIPHER_CTX* context, int padding)
    int EVP_CipherInit_ex(EVP_CIPHER_CTX* context, const EVP_CIPHER* kind, void* engine, const uint8_t* key,
                          const uint8_t* start, int forth)
    int EVP_CipherFinal_ex(EVP_CIPHER_CTX* context, uint8_t* out, int* written)
    int EVP_CTRL_AEAD_GET_TAG
    int EVP_CipherUpdate(EVP_CIPHER_CTX* context, uint8_t* out, int* written, const uint8_t* data, int size)
    EVP_MAC* EVP_MAC_fetch(void* library, const char* name, const char* properties)
    EVP_MAC_CTX* EVP_MAC_CTX_new(EVP_MAC* mac)
    void EVP_MAC_CTX_free(EVP_MAC_CTX* context)
    int EVP_MAC_init(EVP_MAC_CTX* context, const uint8_t* key, size_t size, const OSSL_PARAM* parameters)
    int EVP_MAC_update(EVP_MAC_CTX* context, const uint8_t* data, size_t size)
    int EVP_MAC_final(EVP_MAC_CTX* context, uint8_t* out, size_t* written, size_t room)

cdef enum:
    BLOCK = 8
    AES_BLOCK = 16
    SHORTEST_PAN = 12
    LONGEST_PAN = 19
    PVV_DIGITS = 4
    SHORTEST_PIN = 4
    LONGEST_PIN = 12
    SHA256_BYTES = 32
    NONCE = 12
    TAG = 16
    LONGEST_SEALED = 1 << 16

cdef EVP_MAC* CMAC = EVP_MAC_fetch(NULL, "CMAC", NULL)
cdef EVP_MAC* HMAC = EVP_MAC_fetch(NULL, "HMAC", NULL)
cdef char* SHA256 = "SHA256"
cdef const char* HEX = "0123456789ABCDEF"
GCM_OF_ZEROS = "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"
RFC_4231 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
cdef const char* LOWER_HEX = "0123456789abcdef"


cdef class TripleDes:
    """A triple DES key of 24 bytes, its schedules made once."""

    cdef EVP_CIPHER_CTX* forth
    cdef EVP_CIPHER_CTX* back

    def __cinit__(self, bytes key):
        if len(key) != 24:
            raise ValueError("a widened DES key has 24 bytes")
        self.forth = keyed(key, 1)
        self.back = keyed(key, 0)

    def __dealloc__(self):
        EVP_CIPHER_CTX_free(self.forth)
        EVP_CIPHER_CTX_free(self.back)

    def encrypt(self, bytes data not None, /):
        """Whole blocks of 8 bytes, encrypted (ECB); ValueError for other lengths."""
        return blocks(self.forth, data)

    def decrypt(self, bytes data not None, /):
        """Whole blocks of 8 bytes, decrypted (ECB); ValueError for other lengths."""
        return blocks(self.back, data)

    def cup_ecb(self, bytes data not None, /):
        """All 8 bytes of UnionPay's ECB MAC of `data`."""
        cdef uint8_t out[BLOCK]
        self.seal(<const uint8_t*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), out)
        return PyBytes_FromStringAndSize(<char*>out, BLOCK)

    def cup_ecb_text(self, bytes data not None, /):
        """UnionPay's ECB MAC of `data` as it travels: the first 8 characters of its hex form."""
        cdef uint8_t out[BLOCK]
        cdef uint8_t text[BLOCK]
        self.seal(<const uint8_t*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), out)
        as_hex(out, 4, text)
        return PyBytes_FromStringAndSize(<char*>text, BLOCK)

    def cup_ecb_closes(self, bytes message not None, /):
        """Whether the last 8 bytes are that of everything before them."""
        cdef uint8_t out[BLOCK]
        cdef uint8_t text[BLOCK]
        cdef Py_ssize_t size = PyBytes_GET_SIZE(message) - BLOCK
        if size < 0:
            return False
        self.seal(<const uint8_t*>PyBytes_AS_STRING(message), size, out)
        as_hex(out, 4, text)
        return CRYPTO_memcmp(text, <const uint8_t*>PyBytes_AS_STRING(message) + size, BLOCK) == 0

    def pin_value(self, TripleDes verifier not None, bytes pin_block not None, str pan not None, /):
        """The PVV under `verifier`, key index 1, of the four-digit PIN in a format 0 block encrypted under this key.

        None for everything that is not plain (another length of PIN, a malformed block or card number): the Python code
        says what it is.
        """
        cdef uint8_t clear[BLOCK]
        cdef uint8_t nibbles[2 * BLOCK]
        cdef uint8_t digits[LONGEST_PAN]
        cdef uint8_t value[PVV_DIGITS]
        cdef int size = digits_of(pan, digits)
        cdef int place, picked
        if size < 0 or not self.opened(pin_block, digits, size, clear, nibbles) or nibbles[1] != PVV_DIGITS:
            return None
        for place in range(4):
            nibbles[12 + place] = nibbles[2 + place]
        for place in range(11):
            nibbles[place] = digits[size - 12 + place]
        nibbles[11] = 1
        for place in range(BLOCK):
            clear[place] = nibbles[2 * place] << 4 | nibbles[2 * place + 1]
        block(verifier.forth, clear, clear)
        picked = 0
        for place in range(4 * BLOCK):
            # First what is a digit, from left to right; then the letters, less ten.
            if picked == PVV_DIGITS:
                break
            nibbles[0] = clear[place % 16 >> 1] >> 4 if place & 1 == 0 else clear[place % 16 >> 1] & 15
            if (nibbles[0] < 10) == (place < 16):
                value[picked] = 0x30 + nibbles[0] % 10
                picked += 1
        return PyBytes_FromStringAndSize(<char*>value, PVV_DIGITS)

    def pin_moved(self, TripleDes other not None, bytes pin_block not None, str pan not None, /):
        """A format 0 block under this key as it is under `other`. None for everything that is not plain, as above."""
        cdef uint8_t clear[BLOCK]
        cdef uint8_t nibbles[2 * BLOCK]
        cdef uint8_t digits[LONGEST_PAN]
        cdef int size = digits_of(pan, digits)
        if size < 0 or not self.opened(pin_block, digits, size, clear, nibbles):
            return None
        block(other.forth, clear, clear)
        return PyBytes_FromStringAndSize(<char*>clear, BLOCK)

    cdef int opened(self, bytes pin_block, const uint8_t* digits, int size, uint8_t* clear, uint8_t* nibbles) except -1:
        """Decrypt a format 0 block, into `nibbles` without the card number; whether it is one with a PIN in it."""
        cdef int place
        if PyBytes_GET_SIZE(pin_block) != BLOCK:
            return False
        block(self.back, <const uint8_t*>PyBytes_AS_STRING(pin_block), clear)
        for place in range(2 * BLOCK):
            nibbles[place] = clear[place >> 1] >> 4 if place & 1 == 0 else clear[place >> 1] & 15
        # The last twelve digits but the check digit lie under the right end of the block.
        for place in range(12):
            if size - 2 - place >= 0:
                nibbles[15 - place] ^= digits[size - 2 - place]
        if nibbles[0] != 0 or nibbles[1] < SHORTEST_PIN or nibbles[1] > LONGEST_PIN:
            return False
        for place in range(2, 16):
            if (nibbles[place] > 9) if place < 2 + nibbles[1] else (nibbles[place] != 15):
                return False
        return True

    cdef int seal(self, const uint8_t* raw, Py_ssize_t size, uint8_t* out) except -1:
        cdef uint8_t folded[BLOCK]
        cdef uint8_t text[2 * BLOCK]
        cdef Py_ssize_t at
        cdef int place
        memset(folded, 0, BLOCK)
        for at in range(size >> 3):
            for place in range(BLOCK):
                folded[place] ^= raw[at * BLOCK + place]
        for place in range(size & 7):
            folded[place] ^= raw[(size & ~7) + place]
        as_hex(folded, BLOCK, text)
        block(self.forth, text, out)
        for place in range(BLOCK):
            out[place] ^= text[BLOCK + place]
        block(self.forth, out, out)
        return 0


cdef class Cmac:
    """An AES key of 16, 24 or 32 bytes as a CMAC, its schedule made once."""

    cdef EVP_MAC_CTX* context

    def __cinit__(self, bytes key):
        cdef OSSL_PARAM parameters[2]
        cdef bytes cipher = b"AES-%d-CBC" % (len(key) * 8)
        if len(key) not in (16, 24, 32):
            raise ValueError("an AES key has 16, 24 or 32 bytes")
        parameters[0] = OSSL_PARAM_construct_utf8_string("cipher", PyBytes_AS_STRING(cipher), 0)
        parameters[1] = OSSL_PARAM_construct_end()
        self.context = EVP_MAC_CTX_new(CMAC)
        checked(self.context is not NULL and EVP_MAC_init(self.context, key, len(key), parameters))

    def __dealloc__(self):
        EVP_MAC_CTX_free(self.context)

    def digest(self, bytes data not None, /):
        """All 16 bytes of the CMAC of `data`."""
        cdef uint8_t out[AES_BLOCK]
        anew(self.context, <const uint8_t*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), out, AES_BLOCK)
        return PyBytes_FromStringAndSize(<char*>out, AES_BLOCK)

    def mac(self, bytes data not None, /):
        """The leftmost 8 of them."""
        cdef uint8_t out[AES_BLOCK]
        anew(self.context, <const uint8_t*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), out, AES_BLOCK)
        return PyBytes_FromStringAndSize(<char*>out, BLOCK)

    def closes(self, bytes message not None, /):
        """Whether the last 8 bytes are those of everything before them."""
        cdef uint8_t out[AES_BLOCK]
        cdef Py_ssize_t size = PyBytes_GET_SIZE(message) - BLOCK
        cdef const uint8_t* raw = <const uint8_t*>PyBytes_AS_STRING(message)
        if size < 0:
            return False
        anew(self.context, raw, size, out, AES_BLOCK)
        return CRYPTO_memcmp(out, raw + size, BLOCK) == 0


cdef class Hmac:
    """A key as an HMAC-SHA-256, its two hashes begun once."""

    cdef EVP_MAC_CTX* context

    def __cinit__(self, bytes key not None):
        cdef OSSL_PARAM parameters[2]
        parameters[0] = OSSL_PARAM_construct_utf8_string("digest", SHA256, 0)
        parameters[1] = OSSL_PARAM_construct_end()
        self.context = EVP_MAC_CTX_new(HMAC)
        checked(self.context is not NULL and EVP_MAC_init(self.context, key, len(key), parameters))

    def __dealloc__(self):
        EVP_MAC_CTX_free(self.context)

    def digest(self, bytes data not None, /):
        """All 32 bytes of the HMAC of `data`."""
        cdef uint8_t out[SHA256_BYTES]
        anew(self.context, <const uint8_t*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), out, SHA256_BYTES)
        return PyBytes_FromStringAndSize(<char*>out, SHA256_BYTES)

    def of_digits(self, str pan not None, /):
        """The HMAC of a card number in lower-case hex; None for anything but 12 to 19 ASCII digits."""
        cdef uint8_t digits[LONGEST_PAN]
        cdef uint8_t out[SHA256_BYTES]
        cdef uint8_t text[2 * SHA256_BYTES]
        cdef int place
        cdef int size = digits_of(pan, digits)
        if size < 0:
            return None
        for place in range(size):
            digits[place] += 0x30
        anew(self.context, digits, size, out, SHA256_BYTES)
        for place in range(SHA256_BYTES):
            text[2 * place], text[2 * place + 1] = LOWER_HEX[out[place] >> 4], LOWER_HEX[out[place] & 15]
        return PyUnicode_DecodeASCII(<const char*>text, 2 * SHA256_BYTES, NULL)


cdef class Gcm:
    """An AES key of 16, 24 or 32 bytes for sealing with AES-GCM, its schedule made once."""

    cdef EVP_CIPHER_CTX* context

    def __cinit__(self, bytes key not None):
        cdef const EVP_CIPHER* cipher
        if len(key) not in (16, 24, 32):
            raise ValueError("an AES key has 16, 24 or 32 bytes")
        cipher = EVP_aes_128_gcm() if len(key) == 16 else EVP_aes_192_gcm() if len(key) == 24 else EVP_aes_256_gcm()
        self.context = EVP_CIPHER_CTX_new()
        checked(self.context is not NULL and EVP_CipherInit_ex(self.context, cipher, NULL, key, NULL, 1))

    def __dealloc__(self):
        EVP_CIPHER_CTX_free(self.context)

    def seal(self, bytes nonce not None, bytes data not None, bytes context not None, /):
        """`nonce` (12 bytes), encrypted `data` and tag in one, bound to `context`. A nonce must not come again."""
        cdef int written = 0
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
        cdef Py_ssize_t bound = PyBytes_GET_SIZE(context)
        cdef const uint8_t* raw = <const uint8_t*>PyBytes_AS_STRING(data)
        cdef uint8_t* out
        if PyBytes_GET_SIZE(nonce) != NONCE or size < 1 or size > LONGEST_SEALED or bound > LONGEST_SEALED:
            raise ValueError("a nonce has 12 bytes, and what is sealed under it some, but not many")
        sealed = PyBytes_FromStringAndSize(NULL, NONCE + size + TAG)
        out = <uint8_t*>PyBytes_AS_STRING(sealed)
        memcpy(out, PyBytes_AS_STRING(nonce), NONCE)
        checked(EVP_CipherInit_ex(self.context, NULL, NULL, NULL, out, 1))
        checked(EVP_CipherUpdate(self.context, NULL, &written, <const uint8_t*>PyBytes_AS_STRING(context),
                                 <int>bound))
        checked(EVP_CipherUpdate(self.context, out + NONCE, &written, raw, <int>size))
        checked(written == size)
        checked(EVP_CipherFinal_ex(self.context, out + NONCE + size, &written) and written == 0)
        checked(EVP_CIPHER_CTX_ctrl(self.context, EVP_CTRL_AEAD_GET_TAG, TAG, out + NONCE + size))
        return sealed


cdef int checked(bint good) except -1:
    if not good:
        raise RuntimeError("libcrypto refuses")
    return 0


cdef int anew(EVP_MAC_CTX* context, const uint8_t* data, Py_ssize_t size, uint8_t* out, size_t room) except -1:
    """One more under the same key."""
    cdef size_t written
    checked(EVP_MAC_init(context, NULL, 0, NULL))
    checked(EVP_MAC_update(context, data, size))
    checked(EVP_MAC_final(context, out, &written, room) and written == room)
    return 0


cdef int digits_of(str pan, uint8_t* digits):
    """A card number digit by digit; how many, or -1 for what is none."""
    cdef Py_ssize_t size = len(pan)
    cdef Py_ssize_t place
    cdef uint32_t character
    if size < SHORTEST_PAN or size > LONGEST_PAN:
        return -1
    for place in range(size):
        character = <uint32_t><Py_UCS4>pan[place]
        if not 0x30 <= character <= 0x39:
            return -1
        digits[place] = <uint8_t>(character - 0x30)
    return <int>size


cdef EVP_CIPHER_CTX* keyed(bytes key, int forth) except NULL:
    cdef EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new()
    checked(context is not NULL)
    if not EVP_CipherInit_ex(context, EVP_des_ede3_ecb(), NULL, key, NULL, forth):
        EVP_CIPHER_CTX_free(context)
        checked(False)
    EVP_CIPHER_CTX_set_padding(context, 0)
    # Decryption holds nothing back without padding, so every call gives what it was given.
    return context


cdef int block(EVP_CIPHER_CTX* context, const uint8_t* data, uint8_t* out) except -1:
    cdef int written
    checked(EVP_CipherUpdate(context, out, &written, data, BLOCK) and written == BLOCK)
    return 0


cdef object blocks(EVP_CIPHER_CTX* context, bytes data):
    cdef int written = 0
    cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
    if size % BLOCK or size > 1 << 24:
        raise ValueError("not whole blocks")
    out = PyBytes_FromStringAndSize(NULL, size)
    if size:
        checked(EVP_CipherUpdate(context, <uint8_t*>PyBytes_AS_STRING(out), &written,
                                 <const uint8_t*>PyBytes_AS_STRING(data), <int>size))
        checked(written == size)
    return out


cdef inline void as_hex(const uint8_t* raw, int size, uint8_t* out) noexcept:
    cdef int at
    for at in range(size):
        out[2 * at] = HEX[raw[at] >> 4]
        out[2 * at + 1] = HEX[raw[at] & 15]


cdef prove():
    """FIPS 46, RFC 4493 and RFC 4231 values, and one of the GCM specification, each twice under one context."""
    cipher = TripleDes(bytes.fromhex("133457799BBCDFF1") * 3)
    for _ in range(2):
        if cipher.encrypt(bytes.fromhex("0123456789ABCDEF")) != bytes.fromhex("85E813540F0AB405"):
            raise ImportError("this libcrypto does not encrypt as FIPS 46 says")
        if cipher.decrypt(bytes.fromhex("85E813540F0AB405")) != bytes.fromhex("0123456789ABCDEF"):
            raise ImportError("this libcrypto does not decrypt as FIPS 46 says")
    mac = Cmac(bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C"))
    for _ in range(2):
        if mac.digest(b"") != bytes.fromhex("BB1D6929E95937287FA37D129B756746"):
            raise ImportError("this libcrypto does not compute a CMAC as RFC 4493 says")
    gcm = Gcm(bytes(16))
    for _ in range(2):
        if gcm.seal(bytes(12), bytes(16), b"")[12:].hex() != GCM_OF_ZEROS:
            raise ImportError("this libcrypto does not seal as the GCM specification says")
    keyed_hash = Hmac(b"Jefe")
    for _ in range(2):
        if keyed_hash.digest(b"what do ya want for nothing?").hex() != RFC_4231:
            raise ImportError("this libcrypto does not compute an HMAC as RFC 4231 says")


if CMAC is NULL or HMAC is NULL:
    raise ImportError("this libcrypto has no CMAC, or no HMAC")
prove()
