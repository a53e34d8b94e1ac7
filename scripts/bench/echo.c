// The lighter of the two servers of `make bench`: the same answers as nginx's, from one epoll loop
// that does nothing else, so that little but the client's own work is on the machine.
//
//   echo PORT [LATENCY_MS]
//
// HTTP/1.1 over plain TCP, kept alive, on 127.0.0.1. The answer says back the `marker-…` that
// stands within the first 64 KB of the request; without `x-api-key: bench` it is a 401.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { bufferSize = 65536, eventLimit = 1024, markerLimit = 64 };

typedef struct Connection {
  int fd;
  bool isRefused;
  size_t length;   // bytes in the buffer
  size_t missing;  // bytes of the body still to come, of a request whose head is complete
  bool inBody;
  char marker[markerLimit];
  uint64_t due;  // milliseconds
  struct Connection *next;
  char buffer[bufferSize];
} Connection;

static Connection *firstWaiting, **lastWaiting = &firstWaiting;
static uint64_t latency;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void answer(Connection *c) {
  char body[512], head[256];
  int bodyLength = snprintf(
      body, sizeof body,
      "{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\","
      "\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"stop_reason\":\"end_turn\","
      "\"stop_sequence\":null,\"usage\":{\"input_tokens\":16,\"output_tokens\":8}}",
      c->marker);
  int headLength = snprintf(head, sizeof head,
                            "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
                            "Content-Length: %d\r\n\r\n",
                            c->isRefused ? "401 Unauthorized" : "200 OK", bodyLength);
  char whole[sizeof head + sizeof body];
  memcpy(whole, head, (size_t)headLength);
  memcpy(whole + headLength, body, (size_t)bodyLength);
  // Far less than a socket's buffer holds, so it is taken whole or the client is gone.
  (void)!send(c->fd, whole, (size_t)(headLength + bodyLength), MSG_NOSIGNAL);
}

static void findMarker(Connection *c, const char *start, size_t length) {
  if (c->marker[0]) return;
  const char *found = memmem(start, length, "marker-", 7);
  if (!found) return;
  size_t size = 7, room = length - (size_t)(found - start);
  while (size < room && size < markerLimit - 1 && strchr("0123456789abcdef", found[size])) size++;
  memcpy(c->marker, found, size);
  c->marker[size] = 0;
}

// Takes in a request's head when it is whole: how long its body is, and whether it bears the key.
static void readHead(Connection *c) {
  char *end = memmem(c->buffer, c->length, "\r\n\r\n", 4);
  if (!end) return;
  *end = 0;
  char *field = strcasestr(c->buffer, "\r\ncontent-length:");
  size_t bodyLength = field ? strtoul(field + 17, NULL, 10) : 0;
  c->isRefused = !strcasestr(c->buffer, "\r\nx-api-key: bench");
  size_t headLength = (size_t)(end + 4 - c->buffer);
  c->missing = bodyLength;
  c->inBody = true;
  c->marker[0] = 0;
  memmove(c->buffer, c->buffer + headLength, c->length -= headLength);
}

// True when a whole request has come.
static bool takeRequest(Connection *c) {
  if (!c->inBody) readHead(c);
  if (!c->inBody) return false;
  size_t part = c->length < c->missing ? c->length : c->missing;
  bool isWhole = part == c->missing;
  // A marker may be cut by the end of what has come: it is looked for when more, or all, has.
  if (isWhole || c->length == bufferSize) {
    findMarker(c, c->buffer, part);
    c->missing -= part;
    memmove(c->buffer, c->buffer + part, c->length -= part);
  }
  if (isWhole) c->inBody = false;
  return isWhole;
}

// False when the client has closed the connection.
static bool readSome(Connection *c) {
  ssize_t got = recv(c->fd, c->buffer + c->length, bufferSize - c->length, 0);
  if (got <= 0) return false;
  c->length += (size_t)got;
  if (!takeRequest(c)) return true;
  if (!latency) return answer(c), true;
  c->due = now() + latency;
  c->next = NULL;
  *lastWaiting = c;
  lastWaiting = &c->next;
  return true;
}

static void answerDue(void) {
  uint64_t time = now();
  while (firstWaiting && firstWaiting->due <= time) {
    Connection *c = firstWaiting;
    if (!(firstWaiting = c->next)) lastWaiting = &firstWaiting;
    answer(c);
  }
}

int main(int count, char **arguments) {
  if (count < 2) return fprintf(stderr, "usage: echo PORT [LATENCY_MS]\n"), 2;
  latency = count > 2 ? strtoul(arguments[2], NULL, 10) : 0;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, set = epoll_create1(0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(arguments[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096))
    return perror("echo"), 1;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[eventLimit];
  epoll_ctl(set, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(set, events, eventLimit, firstWaiting ? 1 : -1);
    for (int i = 0; i < ready; i++) {
      Connection *c = events[i].data.ptr;
      if (!c) {
        c = calloc(1, sizeof *c);
        if ((c->fd = accept(listener, NULL, NULL)) < 0) {
          free(c);
          continue;
        }
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        event.data.ptr = c;
        epoll_ctl(set, EPOLL_CTL_ADD, c->fd, &event);
      } else if (!readSome(c)) {
        close(c->fd);
        // One that still waits for its answer is left where it is: its latency has not passed.
        if (!latency) free(c);
      }
    }
    answerDue();
  }
}
