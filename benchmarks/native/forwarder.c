/* The floor: relays bytes between each accepted connection and one connection of its own to the origin, on one
 * level-triggered epoll loop, without looking at them. No proxy can cost less on the same kernel.
 * Usage: forwarder LISTEN_PORT ORIGIN_PORT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 16384, EVENTS = 256 };

struct end {
    int fd;
    struct end *other;
    int want_write;
    size_t from, to; /* bytes read here that the other end has not taken yet */
    char buffer[BUFFER];
};

static int ep;

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static void watch(struct end *e, int op) {
    struct epoll_event ev = {.events = EPOLLIN | (e->want_write ? EPOLLOUT : 0), .data.ptr = e};
    epoll_ctl(ep, op, e->fd, &ev);
}

static struct end *end_of(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct end *e = malloc(sizeof *e);
    e->fd = fd;
    e->want_write = 0;
    e->from = e->to = 0;
    return e;
}

static void drop(struct end *e) {
    close(e->fd);
    close(e->other->fd);
    free(e->other);
    free(e);
}

/* Writes what was read at e to the other end; 0 when the pair is gone. */
static int push(struct end *e) {
    while (e->from < e->to) {
        ssize_t n = send(e->other->fd, e->buffer + e->from, e->to - e->from, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN) { drop(e); return 0; }
            if (!e->other->want_write) { e->other->want_write = 1; watch(e->other, EPOLL_CTL_MOD); }
            return 1;
        }
        e->from += n;
    }
    e->from = e->to = 0;
    if (e->other->want_write) { e->other->want_write = 0; watch(e->other, EPOLL_CTL_MOD); }
    return 1;
}

static int pull(struct end *e) {
    if (e->to > 0) return 1; /* back-pressure: the last read is not delivered yet */
    ssize_t n = recv(e->fd, e->buffer, BUFFER, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) { drop(e); return 0; }
    if (n < 0) return 1;
    e->to = n;
    return push(e);
}

int main(int argc, char **argv) {
    if (argc != 3) { fprintf(stderr, "usage: forwarder LISTEN_PORT ORIGIN_PORT\n"); return 2; }
    int l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in at = loopback(atoi(argv[1])), origin = loopback(atoi(argv[2]));
    if (bind(l, (void *)&at, sizeof at) || listen(l, 1024)) { perror("listen"); return 1; }
    ep = epoll_create1(0);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL}, ready[EVENTS];
    epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev);
    for (;;) {
        int n = epoll_wait(ep, ready, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            struct end *e = ready[i].data.ptr;
            if (e == NULL) {
                int c = accept4(l, NULL, NULL, SOCK_NONBLOCK);
                if (c < 0) continue;
                int o = socket(AF_INET, SOCK_STREAM, 0);
                if (connect(o, (void *)&origin, sizeof origin)) { close(c); close(o); continue; }
                fcntl(o, F_SETFL, O_NONBLOCK);
                struct end *a = end_of(c), *b = end_of(o);
                a->other = b;
                b->other = a;
                watch(a, EPOLL_CTL_ADD);
                watch(b, EPOLL_CTL_ADD);
                continue;
            }
            if (ready[i].events & EPOLLOUT && !push(e->other)) break; /* the freed pair may be in this batch: next turn */
            if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !pull(e)) break;
        }
    }
}
