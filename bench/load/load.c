/* A load client that costs the machine little: it replays frames made beforehand and counts the answers.
 *
 *   load --port P --dialect cup|ascii --frames FILE --results FILE [--host 127.0.0.1] [--window W] [--rate R]
 *        [--seconds S] [--timeout T] [--answers FILE] [--sample K]
 *   load --percentiles          values (integers) from stdin, one a line; what the histogram makes of them
 *
 * One thread, epoll, loopback addresses only. Closed loop: every connection keeps W requests outstanding. Open loop
 * (--rate, all connections together): request k is due at k/R whatever the answers do, and its latency counts from
 * then. It stops by itself after S seconds (and at most T more for the last answers), or when its frames are used up.
 *
 * FILE of frames: "CFLOAD01", u32 connections, u32 0; per connection u64 offset of its stream, u64 offset of its flags,
 * u32 frames, u32 0. A stream is what goes on the wire (2-byte length, packet), frame after frame; flags are one byte
 * each: 1 no answer of its own (a repeat), 2 close the connection behind it and connect again. Little endian.
 * FILE of results: per frame, in the order of the connections, u8 state (0 not sent, 1 no answer, 2 answered), two
 * characters of DE39, u8 0, u32 microseconds. FILE of answers: u32 connection, u32 frame, u16 size, packet.
 */
#define _GNU_SOURCE
#include "latency.h"
#include "packet.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 20000
#define MAX_WINDOW 4096
#define OPEN_LOOP_WINDOW 1024
#define MAX_SECONDS 600
#define MAX_PACKET 8192
#define READ_BYTES 65536
#define MAX_ANSWER_BYTES (256u << 20)
#define NO_OWN_ANSWER 1
#define CLOSE_BEHIND 2

static void die(const char *what) {
    fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(2);
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- connections --- */

struct pending { uint32_t frame, stan; uint16_t mti; uint8_t done; uint64_t since; };
struct result { uint8_t state; char code[2]; uint8_t zero; uint32_t micros; };
struct connection {
    int fd, writable, close_behind;
    const uint8_t *stream, *flags;
    size_t at, handed; /* of the stream: what was given out, what the kernel took */
    uint32_t next, frames, number;
    struct result *results;
    struct pending *ring;
    uint32_t head, tail, open; /* tail - head entries, `open` of them without an answer */
    uint8_t *partial;
    uint32_t have;
};

static struct connection *connections;
static uint32_t wires, window = 1, ring_size, sample_every = 1;
static double rate;
static uint64_t timeout_ns = 30000000000u, started, stop_at;
static uint64_t sent, answered, approved, declined, timeouts, unmatched, own_closes, peer_closes, unreadable, lost;
static uint64_t codes[36 * 36], last_answer, in_time, refused, outstanding, frames_left;
static struct sockaddr_in address;
static int poll_fd;
static FILE *answers;
static uint64_t answer_bytes;

static void join(struct connection *c) {
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket");
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) die("connect");
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = c->number};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event)) die("epoll_ctl");
    c->writable = 1;
    c->have = 0;
}

static void leave(struct connection *c) { /* close, forget what was outstanding, connect again */
    close(c->fd);
    lost += c->open;
    outstanding -= c->open;
    c->head = c->tail = c->open = 0;
    c->handed = c->at; /* what was not handed over is not sent again: its fate counts as unknown */
    c->close_behind = 0;
    join(c);
}

static void watch(struct connection *c, int writing) {
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.u32 = c->number};
    if (epoll_ctl(poll_fd, EPOLL_CTL_MOD, c->fd, &event)) die("epoll_ctl");
    c->writable = !writing;
}

static void flush(struct connection *c) {
    while (c->handed < c->at) {
        ssize_t n = send(c->fd, c->stream + c->handed, c->at - c->handed, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EAGAIN) {
                if (c->writable) watch(c, 1);
                return;
            }
            peer_closes++;
            leave(c);
            return;
        }
        c->handed += (size_t)n;
    }
    if (!c->writable) watch(c, 0);
    if (c->close_behind) {
        own_closes++;
        leave(c);
    }
}

static void give(struct connection *c, uint64_t since) { /* one frame, and the repeats behind it */
    do {
        const uint8_t *frame = c->stream + c->at;
        int size = frame[0] << 8 | frame[1];
        uint8_t flag = c->flags[c->next];
        c->results[c->next].state = 1;
        sent++;
        if (!(flag & NO_OWN_ANSWER)) {
            struct seen seen;
            if (!look(frame + 2, size, &seen)) die("a frame of the file cannot be read");
            c->ring[c->tail++ % ring_size] =
                (struct pending){.frame = c->next, .stan = seen.stan, .mti = seen.mti, .since = since};
            c->open++;
            outstanding++;
        }
        if (flag & CLOSE_BEHIND) c->close_behind = 1;
        c->at += 2 + (size_t)size;
        c->next++;
        frames_left--;
    } while (c->next < c->frames && c->flags[c->next] & NO_OWN_ANSWER && !c->close_behind);
}

static void fill(struct connection *c, uint64_t now) { /* closed loop */
    if (c->handed < c->at || now >= stop_at) return;
    /* in order: the request `window` back is answered, so a terminal (they take turns) has one outstanding */
    while (c->next < c->frames && c->tail - c->head < window && !c->close_behind) give(c, now);
    flush(c);
}

static uint32_t symbol(char ch) {
    return ch >= '0' && ch <= '9' ? (uint32_t)(ch - '0') : ch >= 'A' && ch < 'Z' ? (uint32_t)(ch - 'A' + 10) : 35;
}

static void take(struct connection *c, const uint8_t *packet, int size, uint64_t now) {
    struct seen seen;
    if (!look(packet, size, &seen)) {
        unreadable++;
        return;
    }
    struct pending *found = NULL;
    for (uint32_t i = c->head; i != c->tail && !found; i++) {
        struct pending *p = &c->ring[i % ring_size];
        if (!p->done && p->stan == seen.stan && p->mti + 10 == seen.mti) found = p;
    }
    if (!found) {
        unmatched++;
        return;
    }
    found->done = 1;
    c->open--;
    outstanding--;
    while (c->head != c->tail && c->ring[c->head % ring_size].done) c->head++;
    uint64_t micros = (now - found->since) / 1000;
    struct result *result = &c->results[found->frame];
    *result = (struct result){2, {seen.code[0], seen.code[1]}, 0, micros > UINT32_MAX ? UINT32_MAX : (uint32_t)micros};
    count(micros);
    answered++;
    if (now <= stop_at) in_time++;
    last_answer = now;
    if (!memcmp(seen.code, "00", 2)) approved++; else declined++;
    codes[symbol(seen.code[0]) * 36 + symbol(seen.code[1])]++;
    if (answers && answered % sample_every == 0 && answer_bytes < MAX_ANSWER_BYTES) {
        uint16_t length = (uint16_t)size;
        fwrite(&c->number, 4, 1, answers);
        fwrite(&found->frame, 4, 1, answers);
        fwrite(&length, 2, 1, answers);
        fwrite(packet, 1, (size_t)size, answers);
        answer_bytes += 10u + (unsigned)size;
    }
}

static void receive(struct connection *c) {
    static uint8_t buffer[MAX_PACKET + 2 + READ_BYTES];
    memcpy(buffer, c->partial, c->have);
    ssize_t n = recv(c->fd, buffer + c->have, READ_BYTES, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        if (++peer_closes > 10ull * wires + 100) die("the station closes every connection");
        leave(c);
        return;
    }
    uint64_t now = now_ns();
    size_t size = c->have + (size_t)n, at = 0;
    while (size - at >= 2) {
        size_t length = (size_t)buffer[at] << 8 | buffer[at + 1];
        if (length > MAX_PACKET) die("an answer is too long");
        if (size - at - 2 < length) break;
        take(c, buffer + at + 2, (int)length, now);
        at += 2 + length;
    }
    c->have = (uint32_t)(size - at);
    memcpy(c->partial, buffer + at, c->have);
}

static void expire(uint64_t now) {
    for (uint32_t i = 0; i < wires; i++) {
        struct connection *c = &connections[i];
        for (uint32_t k = c->head; k != c->tail; k++) {
            struct pending *p = &c->ring[k % ring_size];
            if (p->done || p->since + timeout_ns > now) continue;
            p->done = 1;
            c->open--;
            outstanding--;
            timeouts++;
        }
        while (c->head != c->tail && c->ring[c->head % ring_size].done) c->head++;
    }
}

/* --- the run --- */

static uint64_t offer(uint64_t k, uint64_t now) { /* open loop: everything that is due; the number of the next one */
    for (; now < stop_at; k++) {
        uint64_t due = started + (uint64_t)((double)k * 1e9 / rate);
        if (due > now) break;
        struct connection *c = &connections[k % wires];
        if (c->next >= c->frames) {
            stop_at = now;
            break;
        }
        if (c->tail - c->head >= ring_size) {
            refused++;
            break; /* as much is outstanding as this client keeps: later, its latency goes on counting */
        }
        give(c, due);
        flush(c);
    }
    return k;
}

static void run(void) {
    struct epoll_event events[512];
    uint64_t k = 0, looked = started;
    for (;;) {
        uint64_t now = now_ns();
        if (rate > 0) k = offer(k, now);
        if (now - looked > 50000000) {
            expire(now);
            if (rate == 0) for (uint32_t i = 0; i < wires; i++) fill(&connections[i], now);
            looked = now;
        }
        if (outstanding == 0 && (now >= stop_at || frames_left == 0)) return;
        if (now >= stop_at + timeout_ns) return;
        int64_t wait = 20000000;
        if (rate > 0 && now < stop_at) {
            int64_t next = (int64_t)(started + (uint64_t)((double)k * 1e9 / rate)) - (int64_t)now;
            if (next < wait) wait = next < 50000 ? 50000 : next;
        }
        struct timespec sleep = {0, wait};
        int ready = epoll_pwait2(poll_fd, events, 512, &sleep, NULL);
        if (ready < 0 && errno != EINTR) die("epoll_pwait2");
        for (int i = 0; i < ready; i++) {
            struct connection *c = &connections[events[i].data.u32];
            if (events[i].events & EPOLLOUT) flush(c);
            if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) receive(c);
            if (rate == 0) fill(c, now_ns());
        }
    }
}

static void *mapped(const char *path, int writing, size_t *size) {
    int fd = open(path, writing ? O_RDWR | O_CREAT | O_TRUNC : O_RDONLY, 0600);
    struct stat about;
    if (fd < 0 || (writing && ftruncate(fd, (off_t)*size)) || fstat(fd, &about)) die(path);
    *size = (size_t)about.st_size;
    void *at = mmap(NULL, *size ? *size : 1, writing ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) die(path);
    close(fd);
    return at;
}

static void prepare(const char *frames, const char *results) {
    size_t size;
    const uint8_t *file = mapped(frames, 0, &size);
    if (size < 16 || memcmp(file, "CFLOAD01", 8)) die("not a file of frames");
    memcpy(&wires, file + 8, 4);
    if (wires < 1 || wires > MAX_CONNECTIONS || size < 16 + (size_t)wires * 24) die("a wrong number of connections");
    struct rlimit files = {wires + 64, wires + 64}, have;
    if (!getrlimit(RLIMIT_NOFILE, &have) && have.rlim_cur < files.rlim_cur) {
        files.rlim_max = have.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &files)) die("so many connections need a higher limit of open files");
    }
    connections = calloc(wires, sizeof *connections);
    ring_size = rate > 0 ? OPEN_LOOP_WINDOW : window;
    uint64_t frame_count = 0;
    for (uint32_t i = 0; i < wires; i++) {
        uint64_t place[2];
        struct connection *c = &connections[i];
        memcpy(place, file + 16 + i * 24, 16);
        memcpy(&c->frames, file + 32 + i * 24, 4);
        if (place[0] > size || place[1] > size) die("a file of frames that was cut");
        *c = (struct connection){.number = i, .frames = c->frames, .stream = file + place[0], .flags = file + place[1]};
        c->ring = calloc(ring_size, sizeof *c->ring);
        c->partial = malloc(MAX_PACKET + 2);
        if (!c->ring || !c->partial) die("memory");
        frame_count += c->frames;
    }
    frames_left = frame_count;
    size = frame_count * sizeof(struct result);
    struct result *result = mapped(results, 1, &size);
    for (uint32_t i = 0; i < wires; i++) {
        connections[i].results = result;
        result += connections[i].frames;
    }
}

static void report(void) {
    double seconds = (double)((stop_at < last_answer ? stop_at : last_answer) - started) / 1e9;
    uint64_t unanswered = outstanding + timeouts + lost;
    if (last_answer == 0) seconds = (double)(now_ns() - started) / 1e9;
    printf("{\"connections\": %u, \"window\": %u, \"rate\": %.0f, \"seconds\": %.3f, \"per_second\": %.1f, ", wires,
           window, rate, seconds, seconds > 0 ? (double)in_time / seconds : 0.0);
    printf("\"sent\": %" PRIu64 ", \"answered\": %" PRIu64 ", \"approved\": %" PRIu64 ", \"declined\": %" PRIu64
           ", \"unanswered\": %" PRIu64 ", \"timeouts\": %" PRIu64 ", \"unmatched\": %" PRIu64
           ", \"unreadable\": %" PRIu64 ", \"closed_by_us\": %" PRIu64 ", \"closed_by_station\": %" PRIu64
           ", \"held_back\": %" PRIu64 ", \"exhausted\": %s, \"codes\": {",
           sent, answered, approved, declined, unanswered, timeouts, unmatched, unreadable, own_closes, peer_closes,
           refused, frames_left == 0 ? "true" : "false");
    const char *names = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", *comma = "";
    for (int i = 0; i < 36 * 36; i++)
        if (codes[i]) {
            printf("%s\"%c%c\": %" PRIu64, comma, names[i / 36], names[i % 36], codes[i]);
            comma = ", ";
        }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    uint64_t cpu = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000u +
                   (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    printf("}, \"client_cpu_us\": %.2f, \"latency_us\": ", answered ? (double)cpu / (double)answered : 0.0);
    print_latency();
    printf("}\n");
}

int main(int argc, char **argv) {
    const char *host = "127.0.0.1", *frames = NULL, *results = NULL, *kept = NULL, *dialect = "";
    double seconds = 10;
    int port = 0;
    errno = 0;
    if (argc == 2 && !strcmp(argv[1], "--percentiles")) {
        for (uint64_t value; scanf("%" SCNu64, &value) == 1;) count(value);
        print_latency();
        printf("\n");
        return 0;
    }
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (!strcmp(name, "--host")) host = value;
        else if (!strcmp(name, "--port")) port = atoi(value);
        else if (!strcmp(name, "--dialect")) dialect = value;
        else if (!strcmp(name, "--frames")) frames = value;
        else if (!strcmp(name, "--results")) results = value;
        else if (!strcmp(name, "--answers")) kept = value;
        else if (!strcmp(name, "--sample")) sample_every = (uint32_t)atoi(value);
        else if (!strcmp(name, "--window")) window = (uint32_t)atoi(value);
        else if (!strcmp(name, "--rate")) rate = atof(value);
        else if (!strcmp(name, "--seconds")) seconds = atof(value);
        else if (!strcmp(name, "--timeout")) timeout_ns = (uint64_t)(atof(value) * 1e9);
        else die("unknown option");
    }
    if (argc % 2 == 0 || !frames || !results) die("see the head of load.c for the options");
    cup = !strcmp(dialect, "cup");
    if (!cup && strcmp(dialect, "ascii")) die("--dialect is cup or ascii");
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 || ntohl(address.sin_addr.s_addr) >> 24 != 127)
        die("loopback addresses only");
    if (port < 1 || port > 65535 || window < 1 || window > MAX_WINDOW || sample_every < 1 || rate < 0 || rate > 1e7 ||
        !(seconds > 0 && seconds <= MAX_SECONDS) || timeout_ns > 120000000000u)
        die("a number is out of bounds");
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    prepare(frames, results);
    if (kept && !(answers = fopen(kept, "wb"))) die(kept);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t i = 0; i < wires; i++) join(&connections[i]);
    started = now_ns();
    stop_at = started + (uint64_t)(seconds * 1e9);
    if (rate == 0)
        for (uint32_t i = 0; i < wires; i++) fill(&connections[i], now_ns());
    run();
    if (answers && fclose(answers)) die(kept);
    report();
    return 0;
}
