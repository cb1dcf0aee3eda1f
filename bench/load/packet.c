/* Where DE11 and DE39 lie in a packet, of both dialects. */
#include "packet.h"
#include <string.h>

struct field { char kind; uint8_t size; }; /* f fixed bytes · p LL, P LLL packed digits · a LL, A LLL characters */
static const struct field CUP[40] = {
    [2] = {'p', 0}, [3] = {'f', 3}, [4] = {'f', 6}, [11] = {'f', 3}, [12] = {'f', 3}, [13] = {'f', 2}, [14] = {'f', 2},
    [15] = {'f', 2}, [22] = {'f', 2}, [23] = {'f', 2}, [25] = {'f', 1}, [26] = {'f', 1}, [32] = {'p', 0},
    [35] = {'p', 0}, [36] = {'P', 0}, [37] = {'f', 12}, [38] = {'f', 6}, [39] = {'f', 2}};
static const struct field ASCII[40] = {
    [2] = {'a', 0}, [3] = {'f', 6}, [4] = {'f', 12}, [5] = {'f', 12}, [6] = {'f', 12}, [7] = {'f', 10},
    [8] = {'f', 8}, [9] = {'f', 8}, [10] = {'f', 8}, [11] = {'f', 6}, [12] = {'f', 6}, [13] = {'f', 4},
    [14] = {'f', 4}, [15] = {'f', 4}, [16] = {'f', 4}, [17] = {'f', 4}, [18] = {'f', 4}, [19] = {'f', 3},
    [20] = {'f', 3}, [21] = {'f', 3}, [22] = {'f', 3}, [23] = {'f', 3}, [24] = {'f', 3}, [25] = {'f', 2},
    [26] = {'f', 2}, [27] = {'f', 1}, [28] = {'f', 9}, [29] = {'f', 9}, [30] = {'f', 9}, [31] = {'f', 9},
    [32] = {'a', 0}, [33] = {'a', 0}, [34] = {'a', 0}, [35] = {'a', 0}, [36] = {'A', 0}, [37] = {'f', 12},
    [38] = {'f', 6}, [39] = {'f', 2}};

int cup;

static uint32_t digits(const uint8_t *at, int size) {
    uint32_t value = 0;
    for (int i = 0; i < size; i++)
        value = cup ? value * 100 + (at[i] >> 4) * 10u + (at[i] & 15) : value * 10 + (at[i] & 15);
    return value;
}

int look(const uint8_t *packet, int size, struct seen *seen) {
    const uint8_t *at = packet + (cup ? 11 : 0), *end = packet + size;
    int width = cup ? 2 : 4;
    if (end - at < width + 8) return 0;
    seen->mti = (uint16_t)digits(at, width);
    const uint8_t *map = at + width;
    at = map + 8;
    if (!cup) { /* a first bit announces eight more bytes */
        if (map[0] & 0x80) at += 8;
    }
    seen->stan = 0;
    seen->code[0] = seen->code[1] = '-';
    for (int n = 2; n <= 39; n++) {
        if (!(map[(n - 1) / 8] & (0x80 >> ((n - 1) % 8)))) continue;
        struct field f = (cup ? CUP : ASCII)[n];
        long length = f.size;
        if (f.kind == 0) return 0;
        if (f.kind != 'f') {
            int prefix = f.kind == 'p' ? 1 : f.kind == 'a' || f.kind == 'P' ? 2 : 3;
            if (end - at < prefix) return 0;
            length = digits(at, prefix);
            at += prefix;
            if (cup) length = (length + 1) / 2;
        }
        if (end - at < length) return 0;
        if (n == 11) seen->stan = digits(at, (int)length);
        if (n == 39) memcpy(seen->code, at, 2);
        at += length;
    }
    return 1;
}
