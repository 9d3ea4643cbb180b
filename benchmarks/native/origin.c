/* Answers every HTTP/1.1 request with 200 and a body of SIZE bytes, as cheaply as it can be done: one epoll loop, one
 * prepared answer. Request bodies by Content-Length are read and dropped; requests may come pipelined.
 * With a delay each answer waits that long first, as if there were work to do.
 * Usage: origin PORT SIZE [DELAY_MICROSECONDS] */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 65536, EVENTS = 256, WAITING = 65536 };

struct client {
    int fd;
    size_t have;
    size_t body; /* bytes of a request body still to come */
    char in[BUFFER];
};

static char *answer;
static size_t answer_bytes;

/* Answers that wait: all wait equally long, so the oldest is due first. */
static struct { struct client *to; long long due; } waiting[WAITING];
static unsigned first, last;
static long long delay_ns;
static int timer;

static long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void arm(void) {
    if (first == last) return;
    long long due = waiting[first % WAITING].due;
    struct itimerspec at = {.it_value = {.tv_sec = due / 1000000000LL, .tv_nsec = due % 1000000000LL}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static int send_all(int fd, const char *p, size_t n) {
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) continue; /* an origin may spin: it is not what is measured */
        if (sent <= 0) return 0;
        p += sent;
        n -= sent;
    }
    return 1;
}

static size_t content_length(const char *head, const char *end) {
    for (const char *line = head; line < end; line = memchr(line, '\n', end - line) + 1)
        if (end - line > 15 && strncasecmp(line, "content-length:", 15) == 0) return strtoul(line + 15, NULL, 10);
    return 0;
}

static int serve(struct client *c) {
    ssize_t n = recv(c->fd, c->in + c->have, BUFFER - c->have, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) return 0;
    if (n < 0) return 1;
    c->have += n;
    char *p = c->in, *end = c->in + c->have;
    for (;;) {
        size_t skip = c->body < (size_t)(end - p) ? c->body : (size_t)(end - p);
        p += skip;
        c->body -= skip;
        char *blank = c->body > 0 ? NULL : memmem(p, end - p, "\r\n\r\n", 4);
        if (blank == NULL) break;
        c->body = content_length(p, blank + 2);
        p = blank + 4;
        if (delay_ns > 0) {
            if (last - first == WAITING) return 0;
            waiting[last % WAITING].to = c;
            waiting[last++ % WAITING].due = now_ns() + delay_ns;
            if (last - first == 1) arm();
        } else if (!send_all(c->fd, answer, answer_bytes)) return 0;
    }
    c->have = end - p;
    memmove(c->in, p, c->have);
    return c->have < BUFFER;
}

static void answer_due(void) {
    long long now = now_ns();
    while (first != last && waiting[first % WAITING].due <= now) {
        struct client *c = waiting[first++ % WAITING].to;
        if (c != NULL) send_all(c->fd, answer, answer_bytes);
    }
    arm();
}

static void forget(struct client *c) {
    for (unsigned i = first; i != last; i++)
        if (waiting[i % WAITING].to == c) waiting[i % WAITING].to = NULL;
}

int main(int argc, char **argv) {
    if (argc < 3) { fprintf(stderr, "usage: origin PORT SIZE [DELAY_MICROSECONDS]\n"); return 2; }
    size_t size = strtoul(argv[2], NULL, 10);
    answer = malloc(size + 256);
    int head = sprintf(answer, "HTTP/1.1 200 OK\r\nServer: origin\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", size);
    memset(answer + head, 'x', size);
    answer_bytes = head + size;

    int l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1, ep = epoll_create1(0);
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(l, (void *)&at, sizeof at) || listen(l, 1024)) { perror("listen"); return 1; }
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL}, ready[EVENTS];
    epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev);
    delay_ns = argc > 3 ? atoll(argv[3]) * 1000 : 0;
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    ev.data.ptr = &timer;
    epoll_ctl(ep, EPOLL_CTL_ADD, timer, &ev);
    for (;;) {
        int n = epoll_wait(ep, ready, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            struct client *c = ready[i].data.ptr;
            if ((void *)c == &timer) {
                unsigned long long expirations;
                if (read(timer, &expirations, sizeof expirations) > 0) answer_due();
                continue;
            }
            if (c != NULL) {
                if (!serve(c)) { forget(c); close(c->fd); free(c); }
                continue;
            }
            int fd = accept4(l, NULL, NULL, SOCK_NONBLOCK);
            if (fd < 0) continue;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            c = malloc(sizeof *c);
            c->fd = fd;
            c->have = c->body = 0;
            ev.events = EPOLLIN;
            ev.data.ptr = c;
            epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
        }
    }
}
