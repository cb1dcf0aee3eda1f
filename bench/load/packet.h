/* Just enough ISO 8583: DE11 and DE39 of a packet. */
#ifndef PACKET_H
#define PACKET_H

#include <stdint.h>

struct seen { uint16_t mti; uint32_t stan; char code[2]; };

extern int cup; /* the dialect: cup-pos, else ASCII */

int look(const uint8_t *packet, int size, struct seen *seen); /* 0 when it cannot be read */

#endif
