/* What a run's latencies were: counted one by one, told at the end. */
#ifndef LATENCY_H
#define LATENCY_H

#include <stdint.h>

void count(uint64_t value);

void print_latency(void); /* JSON: how many, their mean, percentiles and the highest */

#endif
