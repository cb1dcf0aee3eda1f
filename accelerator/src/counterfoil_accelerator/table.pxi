"""A dialect's field table as it is held here. A part of `messages.pyx`."""

from libc.stdint cimport uint8_t

cdef enum Kind:
    NUMBER = 1
    TRACK
    TEXT
    SIGNED
    BYTES

cdef enum How:
    BY_CALL = 0         # by the Python code
    CARD_NUMBER         # its last four digits
    BY_LENGTH           # the same for every text as long

cdef enum Within:
    ANYTHING = 0
    NOT_ZEROS
    DATE                # MMDD
    TIME                # hhmmss
    MOMENT              # MMDDhhmmss
    MONTH               # YYMM
    LETTERS             # and digits
    DIGITS
    CODE                # letters and digits, filled with spaces
    NAME                # not blank
    AMONG               # those of a set
    ELSEWHERE           # the Python code knows

cdef enum:
    LONGEST = 999
    CARD_MOST = 19      # digits of the longest card number
    HIGHEST = 128
    NAMES = 1024
    FORMS = 32          # bitmaps that are remembered, a power of two
    NEAR = 4            # places where one may lie
    BODY = 8192         # bytes of a message that is written here; a longer one is no everyday message
    CARD = 13           # digits of the shortest card number
    # A prefix announces at most 9,999 digits or bytes, so no sum of sizes comes near the end of a Py_ssize_t.
    ABSENT = -1

HOWS = {"": BY_CALL, "card number": CARD_NUMBER, "by length": BY_LENGTH}
WITHINS = {
    "": ANYTHING, "not zeros": NOT_ZEROS, "date": DATE, "time": TIME, "moment": MOMENT, "month": MONTH,
    "letters": LETTERS, "digits": DIGITS, "code": CODE, "name": NAME, "elsewhere": ELSEWHERE,
}
KINDS = {"n": NUMBER, "z": TRACK, "an": TEXT, "ans": TEXT, "x+n": SIGNED, "b": BYTES}

cdef struct Slot:
    Kind kind           # 0: the dialect has no such field
    int prefix          # digits of the length before the value, 0 for a fixed field
    int size            # at most, or exactly in a fixed field; digits, characters or bytes
    int lead            # bytes of the length before the value
    int least           # of digits, characters or bytes
    int most            # bytes with the length before the value
    bint halved         # two digits a byte
    bint right          # an odd digit has its filler before it
    uint8_t pad         # the filler written behind an odd digit
    bint ans            # any script, and filled with spaces when the field is fixed
    bint kept           # evidence holds it, shown by `Codec.shows` or, when there is none, as it is
    int harmless        # plain text with fewer digits than this is shown as it is
    How how             # whether it is shown here
    Within within       # which values exist
