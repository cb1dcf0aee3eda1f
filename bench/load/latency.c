/* A histogram: exact below 2048, above that 1024 buckets for every doubling (error below 0.1 %). */
#include "latency.h"
#include <inttypes.h>
#include <stdio.h>

#define HALF 1024
#define BUCKETS (HALF * 34)
static uint64_t histogram[BUCKETS], samples, total, highest;

static int bucket_of(uint64_t value) {
    int shift = 0;
    if (value >= 2 * HALF) shift = 63 - __builtin_clzll(value) - 10;
    int index = (int)(value >> shift) + shift * HALF;
    return index < BUCKETS ? index : BUCKETS - 1;
}

static uint64_t top_of(int index) { /* the highest value of a bucket */
    int shift = index < 2 * HALF ? 0 : index / HALF - 1;
    return (((uint64_t)(index - shift * HALF) + 1) << shift) - 1;
}

void count(uint64_t value) {
    histogram[bucket_of(value)]++;
    samples++;
    total += value;
    if (value > highest) highest = value;
}

static uint64_t percentile(double share) {
    uint64_t wanted = (uint64_t)(share / 100.0 * (double)samples + 0.999999), seen = 0;
    if (wanted < 1) wanted = 1;
    for (int i = 0; i < BUCKETS; i++) {
        seen += histogram[i];
        if (seen >= wanted && samples) return top_of(i) < highest ? top_of(i) : highest;
    }
    return highest;
}

void print_latency(void) {
    printf("{\"count\": %" PRIu64 ", \"mean\": %" PRIu64 ", \"p50\": %" PRIu64 ", \"p90\": %" PRIu64
           ", \"p99\": %" PRIu64 ", \"p99.9\": %" PRIu64 ", \"max\": %" PRIu64 "}",
           samples, samples ? total / samples : 0, percentile(50), percentile(90), percentile(99), percentile(99.9),
           highest);
}
