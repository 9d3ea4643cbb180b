/* Sends HTTP/1.1 requests over keep-alive connections and measures their latency.
 * With RATE 0 every connection sends its next request as soon as it has its answer (closed loop, saturated). With a RATE
 * requests start at fixed times whatever the answers do (open loop): latency counts from the intended start, so that a
 * stall is not hidden by the requests that were not sent during it.
 * After PER_CONNECTION requests (0: never) a connection is closed and another one opened in its place.
 * Usage: load PORT CONNECTIONS SECONDS RATE [BODY_BYTES [PER_CONNECTION]]
 * Prints one line of JSON: requests, errors, seconds and latency percentiles in milliseconds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 65536, EVENTS = 256, SUB_BITS = 6, BUCKETS = 40 << SUB_BITS };

struct conn {
    int fd, busy, used;
    double started;
    size_t have, body; /* bytes of the head so far; bytes of the answer's body still to come */
    char in[BUFFER];
};

static char *request;
static size_t request_bytes;
static unsigned long long histogram[BUCKETS], requests, errors;
static struct sockaddr_in target;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Log-linear: 64 steps in each power of two of nanoseconds, at most 1.6 % off. */
static int bucket_of(unsigned long long ns) {
    if (ns < 1u << SUB_BITS) return (int)ns;
    int shift = 63 - __builtin_clzll(ns) - SUB_BITS;
    int b = (shift + 1) * (1 << SUB_BITS) + (int)((ns >> shift) & ((1 << SUB_BITS) - 1));
    return b < BUCKETS ? b : BUCKETS - 1;
}

static double bucket_ms(int b) {
    int shift = b / (1 << SUB_BITS) - 1;
    unsigned long long low = b % (1 << SUB_BITS);
    return (shift < 0 ? (double)low : (double)((low | 1u << SUB_BITS) << shift)) * 1e-6;
}

static double percentile(double p) {
    unsigned long long left = (unsigned long long)(requests * p);
    for (int b = 0; b < BUCKETS; b++) {
        if (histogram[b] > left) return bucket_ms(b);
        left -= histogram[b];
    }
    return bucket_ms(BUCKETS - 1);
}

static int dial(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (connect(fd, (void *)&target, sizeof target)) { close(fd); return -1; }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static int start(struct conn *c, double intended) {
    c->busy = 1;
    c->started = intended;
    c->have = c->body = 0;
    return send(c->fd, request, request_bytes, MSG_NOSIGNAL) == (ssize_t)request_bytes;
}

/* 1: the answer is complete; 0: more to come; -1: broken. */
static int receive(struct conn *c) {
    ssize_t n = recv(c->fd, c->in + c->have, BUFFER - c->have, 0);
    if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
    if (c->body > 0) {
        if ((size_t)n > c->body) return -1;
        c->body -= n;
        return c->body == 0;
    }
    c->have += n;
    char *blank = memmem(c->in, c->have, "\r\n\r\n", 4);
    if (blank == NULL) return c->have == BUFFER ? -1 : 0;
    if (strncmp(c->in, "HTTP/1.1 200", 12) != 0) return -1;
    size_t length = 0;
    for (char *line = c->in; line < blank; line = (char *)memchr(line, '\n', blank + 2 - line) + 1)
        if (strncasecmp(line, "content-length:", 15) == 0) length = strtoul(line + 15, NULL, 10);
    size_t got = c->in + c->have - (blank + 4);
    if (got > length) return -1;
    c->body = length - got;
    c->have = 0;
    return c->body == 0;
}

int main(int argc, char **argv) {
    if (argc < 5) { fprintf(stderr, "usage: load PORT CONNECTIONS SECONDS RATE [BODY_BYTES [PER_CONNECTION]]\n"); return 2; }
    int port = atoi(argv[1]), connections = atoi(argv[2]);
    double seconds = atof(argv[3]), rate = atof(argv[4]);
    size_t body = argc > 5 ? strtoul(argv[5], NULL, 10) : 0;
    int per_connection = argc > 6 ? atoi(argv[6]) : 0;
    target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    request = malloc(body + 512);
    int head = sprintf(request, "%s / HTTP/1.1\r\nHost: origin.example\r\nUser-Agent: weft-bench/1\r\nAccept: */*\r\n"
        "Accept-Encoding: identity\r\nX-Request-Source: bench\r\n", body > 0 ? "POST" : "GET");
    if (body > 0) head += sprintf(request + head, "Content-Length: %zu\r\n", body);
    head += sprintf(request + head, "\r\n");
    memset(request + head, 'y', body);
    request_bytes = head + body;

    int ep = epoll_create1(0);
    struct conn *all = calloc(connections, sizeof *all), **idle = calloc(connections, sizeof *idle);
    int idles = 0;
    for (int i = 0; i < connections; i++) {
        all[i].fd = dial();
        if (all[i].fd < 0) { perror("connect"); return 1; }
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(ep, EPOLL_CTL_ADD, all[i].fd, &ev);
        idle[idles++] = &all[i];
    }
    double began = now(), end = began + seconds, next = began, gap = rate > 0 ? 1 / rate : 0;
    if (rate == 0) while (idles > 0) start(idle[--idles], now());
    struct epoll_event ready[EVENTS];
    for (double t = began; t < end; t = now()) {
        while (rate > 0 && next <= t && idles > 0) { start(idle[--idles], next); next += gap; }
        /* A millisecond is the finest wait of epoll: nearer starts are polled for. */
        int wait = rate > 0 && idles > 0 ? (next - t > 0.002 ? (int)((next - t) * 1e3) - 1 : 0) : 100;
        int n = epoll_wait(ep, ready, EVENTS, wait);
        for (int i = 0; i < n; i++) {
            struct conn *c = ready[i].data.ptr;
            int got = receive(c);
            if (got == 0) continue;
            if (got > 0) {
                requests++;
                histogram[bucket_of((unsigned long long)((now() - c->started) * 1e9))]++;
                c->used++;
            } else errors++;
            if (got < 0 || (per_connection > 0 && c->used >= per_connection)) {
                c->used = 0;
                /* A reset leaves no TIME_WAIT behind: a run would use up the ports of this machine. */
                if (per_connection > 0) setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
                close(c->fd);
                if ((c->fd = dial()) < 0) continue;
                struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
                epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
            }
            c->busy = 0;
            if (rate == 0) start(c, now());
            else idle[idles++] = c;
        }
    }
    printf("{\"requests\":%llu,\"errors\":%llu,\"seconds\":%.3f,\"p50Ms\":%.4f,\"p90Ms\":%.4f,\"p99Ms\":%.4f,\"p999Ms\":%.4f}\n",
        requests, errors, now() - began, percentile(.5), percentile(.9), percentile(.99), percentile(.999));
    return 0;
}
