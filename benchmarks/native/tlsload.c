/* TLS clients, many at once, on one epoll loop.
 *   tlsload handshakes PORT CONNECTIONS SECONDS [CERT KEY]   a full TLS 1.3 handshake, one request, close; again and again
 *   tlsload hold PORT CONNECTIONS [CERT KEY]                 handshakes once, says "ready", holds all until standard input ends
 *   tlsload plain PORT CONNECTIONS                           the same without TLS, after one request each
 * The suite is AES-128-GCM and the group X25519 for every contender; nothing is resumed. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, BATCH = 64 };
static const char request[] = "GET / HTTP/1.1\r\nHost: peer.example\r\n\r\n";

struct client {
    int fd, asked;
    SSL *ssl;
    double started;
};

static SSL_CTX *ctx;
static struct sockaddr_in target;
static int ep;
static unsigned long long done, errors;
static double *took;
static size_t took_room;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void dial(struct client *c, int secure) {
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (void *)&target, sizeof target)) { perror("connect"); exit(1); }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->asked = 0;
    c->started = now();
    c->ssl = NULL;
    if (secure) {
        c->ssl = SSL_new(ctx);
        SSL_set_tlsext_host_name(c->ssl, "peer.example");
        SSL_set_fd(c->ssl, c->fd);
        SSL_set_connect_state(c->ssl);
    }
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
}

static void hang_up(struct client *c) {
    if (c->ssl != NULL) { SSL_shutdown(c->ssl); SSL_free(c->ssl); }
    close(c->fd);
}

/* 1: the answer is there; 0: more to come; -1: broken. */
static int advance(struct client *c) {
    char in[4096];
    int n;
    ERR_clear_error();
    if (c->ssl == NULL) {
        if (!c->asked) { c->asked = 1; return send(c->fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0 ? 0 : -1; }
        n = recv(c->fd, in, sizeof in, 0);
        return n > 0 ? 1 : n < 0 && errno == EAGAIN ? 0 : -1;
    }
    if (!c->asked) {
        n = SSL_do_handshake(c->ssl);
        if (n != 1) return SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ ? 0 : -1;
        c->asked = 1;
        if (SSL_write(c->ssl, request, sizeof request - 1) <= 0) return -1;
    }
    n = SSL_read(c->ssl, in, sizeof in);
    return n > 0 ? 1 : SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ ? 0 : -1;
}

static int by_time(const void *a, const void *b) {
    double d = *(const double *)a - *(const double *)b;
    return d < 0 ? -1 : d > 0;
}

static void complain(void) {
    unsigned long e = ERR_peek_last_error();
    if (errors++ == 0) fprintf(stderr, "tlsload: %s\n", e ? ERR_error_string(e, NULL) : strerror(errno));
}

static void handshakes(int connections, double seconds) {
    struct client *all = calloc(connections, sizeof *all);
    struct epoll_event ready[EVENTS];
    double began = now(), end = began + seconds;
    for (int i = 0; i < connections; i++) { dial(&all[i], 1); advance(&all[i]); }
    while (now() < end) {
        int n = epoll_wait(ep, ready, EVENTS, 100);
        for (int i = 0; i < n; i++) {
            struct client *c = ready[i].data.ptr;
            int got = advance(c);
            if (got == 0) continue;
            if (got < 0) complain();
            else {
                if (done == took_room) took = realloc(took, (took_room = took_room * 2 + 1024) * sizeof *took);
                took[done++] = now() - c->started;
            }
            hang_up(c);
            dial(c, 1);
            advance(c);
        }
    }
    qsort(took, done, sizeof *took, by_time);
#define PERCENTILE(p) (done ? took[(size_t)((done - 1) * (p))] * 1e3 : 0)
    printf("{\"requests\":%llu,\"errors\":%llu,\"seconds\":%.3f,\"p50Ms\":%.4f,\"p90Ms\":%.4f,\"p99Ms\":%.4f,\"p999Ms\":%.4f}\n",
        done, errors, now() - began, PERCENTILE(.5), PERCENTILE(.9), PERCENTILE(.99), PERCENTILE(.999));
}

static void hold(int connections, int secure) {
    struct client *all = calloc(connections, sizeof *all);
    struct epoll_event ready[EVENTS];
    int dialled = 0, open = 0;
    while (open < connections) {
        for (; dialled < connections && dialled - open < BATCH; dialled++) {
            dial(&all[dialled], secure);
            if (advance(&all[dialled]) < 0) { complain(); exit(1); }
        }
        int n = epoll_wait(ep, ready, EVENTS, 1000);
        for (int i = 0; i < n; i++) {
            struct client *c = ready[i].data.ptr;
            int got = advance(c);
            if (got < 0) { complain(); exit(1); }
            open += got;
        }
    }
    printf("ready\n");
    fflush(stdout);
    while (getchar() != EOF) { }
    for (int i = 0; i < connections; i++) hang_up(&all[i]);
}

int main(int argc, char **argv) {
    if (argc < 4) { fprintf(stderr, "usage: tlsload handshakes|hold|plain PORT CONNECTIONS [SECONDS] [CERT KEY]\n"); return 2; }
    int rates = strcmp(argv[1], "handshakes") == 0, at = rates ? 5 : 4;
    target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set1_groups_list(ctx, "X25519");
    static const unsigned char http[] = "\x08http/1.1\x0dweft-http/1.1";
    SSL_CTX_set_alpn_protos(ctx, http, sizeof http - 1);
    if (argc > at + 1 && (SSL_CTX_use_certificate_chain_file(ctx, argv[at]) != 1 || SSL_CTX_use_PrivateKey_file(ctx, argv[at + 1], SSL_FILETYPE_PEM) != 1)) {
        fprintf(stderr, "tlsload: cannot read %s or %s\n", argv[at], argv[at + 1]);
        return 1;
    }
    ep = epoll_create1(0);
    if (rates) handshakes(atoi(argv[3]), atof(argv[4]));
    else hold(atoi(argv[3]), strcmp(argv[1], "hold") == 0);
    return 0;
}
