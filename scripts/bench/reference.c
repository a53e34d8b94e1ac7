// The bare libcurl loop that `make bench` measures nightjar against: the same input, the same
// requests, the answers written to a file, and nothing else (no queue, no retries, no checks).
//
//   reference URL INPUT OUTPUT IN_FLIGHT HANDLES [CA.pem] [h2]
//
// A line of the input is a JSON object with a `prompt`, or the path of a document.
// One thread, one epoll set, HANDLES multi handles that share it. With h2 each handle opens as many
// connections as its streams need and no more: libcurl would open one for every stream that the
// first connection has no room for. Exit 1 when a request failed.
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

enum { answerLimit = 65536, eventLimit = 1024, streamsPerConnection = 100 };

typedef struct {
  CURLM *multi;
  uint64_t deadline;  // milliseconds, 0 = no timer
  uint32_t index;
} Shard;

typedef struct {
  CURL *easy;
  Shard *shard;
  char *body, *answer;
  size_t bodyCapacity, answerLength;
} Slot;

static int epollSet;
static FILE *input, *output;
static unsigned long inFlight, failures;

static void fail(const char *what) {
  perror(what);
  exit(2);
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int onTimer(CURLM *multi, long milliseconds, void *context) {
  (void)multi;
  Shard *shard = context;
  shard->deadline = milliseconds < 0 ? 0 : now() + (uint64_t)milliseconds;
  return 0;
}

static int onSocket(CURL *easy, curl_socket_t fd, int what, void *context, void *known) {
  (void)easy;
  Shard *shard = context;
  if (what == CURL_POLL_REMOVE) return epoll_ctl(epollSet, EPOLL_CTL_DEL, fd, NULL), 0;
  struct epoll_event event = {
      .events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0),
      .data.u64 = (uint64_t)shard->index << 32 | (uint32_t)fd};
  epoll_ctl(epollSet, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
  curl_multi_assign(shard->multi, fd, shard);
  return 0;
}

static size_t onData(char *data, size_t one, size_t count, void *context) {
  (void)one;
  Slot *slot = context;
  if (slot->answerLength + count > answerLimit) return 0;
  memcpy(slot->answer + slot->answerLength, data, count);
  slot->answerLength += count;
  return count;
}

static void makeRoom(Slot *slot, size_t size) {
  if (size <= slot->bodyCapacity) return;
  if (!(slot->body = realloc(slot->body, size))) fail("out of memory");
  slot->bodyCapacity = size;
  curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, slot->body);
}

static const char bodyStart[] =
    "{\"model\":\"m\",\"max_tokens\":16,\"messages\":[{\"role\":\"user\",\"content\":\"";
static const char bodyEnd[] = "\"}]}";

// Reads a document, whose text needs no escaping in JSON, to where the prompt stands in the body.
static size_t readDocument(Slot *slot, const char *path) {
  FILE *document = fopen(path, "r");
  if (!document || fseek(document, 0, SEEK_END)) fail(path);
  size_t length = (size_t)ftell(document);
  rewind(document);
  makeRoom(slot, length + sizeof bodyStart + sizeof bodyEnd);
  if (fread(slot->body + sizeof bodyStart - 1, 1, length, document) != length) fail(path);
  fclose(document);
  return length;
}

static size_t takePrompt(Slot *slot, char *line) {
  char *prompt = strstr(line, "\"prompt\":\"");
  if (!prompt) return fprintf(stderr, "reference: a line without a prompt\n"), exit(2), 0;
  char *end = prompt += strlen("\"prompt\":\"");
  while (*end && *end != '"') end += *end == '\\' ? 2 : 1;
  size_t length = (size_t)(end - prompt);
  makeRoom(slot, length + sizeof bodyStart + sizeof bodyEnd);
  memcpy(slot->body + sizeof bodyStart - 1, prompt, length);
  return length;
}

// Takes the next line's prompt, still escaped as JSON, and sends it; false at the end of input.
static bool sendNext(Slot *slot) {
  static char *line;
  static size_t capacity;
  ssize_t size = getline(&line, &capacity, input);
  if (size < 0) return false;
  if (line[size - 1] == '\n') line[size - 1] = 0;
  size_t length = line[0] == '/' ? readDocument(slot, line) : takePrompt(slot, line);
  memcpy(slot->body, bodyStart, sizeof bodyStart - 1);
  memcpy(slot->body + sizeof bodyStart - 1 + length, bodyEnd, sizeof bodyEnd - 1);
  slot->answerLength = 0;
  curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE,
                   (long)(sizeof bodyStart - 1 + length + sizeof bodyEnd - 1));
  curl_multi_add_handle(slot->shard->multi, slot->easy);
  inFlight++;
  return true;
}

static void collect(Shard *shard) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(shard->multi, &left));) {
    CURL *easy = message->easy_handle;
    CURLcode result = message->data.result;
    Slot *slot;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(shard->multi, easy);
    inFlight--;
    if (result != CURLE_OK || status != 200) {
      if (!failures++) fprintf(stderr, "reference: %s, %ld\n", curl_easy_strerror(result), status);
    } else {
      fwrite(slot->answer, 1, slot->answerLength, output);
      fputc('\n', output);
    }
    sendNext(slot);
  }
}

// PIPEWAIT is for HTTP/2 alone: over plain HTTP it holds every transfer back until the first answer.
static CURL *makeEasy(Slot *slot, const char *url, struct curl_slist *headers, const char *ca,
                      bool http2) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, onData);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, http2 ? 1L : 0L);
  if (ca) curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
  return easy;
}

static void run(Shard *shards, uint32_t shardCount) {
  static struct epoll_event events[eventLimit];
  int running;
  while (inFlight) {
    uint64_t time = now(), next = time + 1000;
    for (uint32_t i = 0; i < shardCount; i++)
      if (shards[i].deadline && shards[i].deadline < next) next = shards[i].deadline;
    int count = epoll_wait(epollSet, events, eventLimit, next > time ? (int)(next - time) : 0);
    for (int i = 0; i < count; i++) {
      uint32_t bits = events[i].events;
      int action = (bits & EPOLLIN ? CURL_CSELECT_IN : 0) | (bits & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (bits & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
      Shard *shard = &shards[events[i].data.u64 >> 32];
      curl_multi_socket_action(shard->multi, (int)(uint32_t)events[i].data.u64, action, &running);
    }
    time = now();
    for (uint32_t i = 0; i < shardCount; i++) {
      if (shards[i].deadline && shards[i].deadline <= time) {
        shards[i].deadline = 0;
        curl_multi_socket_action(shards[i].multi, CURL_SOCKET_TIMEOUT, 0, &running);
      }
      collect(&shards[i]);
    }
  }
}

int main(int count, char **arguments) {
  if (count < 6) return fprintf(stderr, "usage: reference URL INPUT OUTPUT IN_FLIGHT HANDLES [CA] [h2]\n"), 2;
  const char *ca = count > 6 ? arguments[6] : NULL;
  long slots = atol(arguments[4]), shardCount = atol(arguments[5]);
  long perShard = (slots + shardCount - 1) / shardCount;
  bool http2 = count > 7 && strcmp(arguments[7], "h2") == 0;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (!(input = fopen(arguments[2], "r"))) fail(arguments[2]);
  if (!(output = fopen(arguments[3], "w"))) fail(arguments[3]);
  if ((epollSet = epoll_create1(EPOLL_CLOEXEC)) < 0) fail("epoll");

  curl_global_init(CURL_GLOBAL_DEFAULT);
  struct curl_slist *headers = curl_slist_append(NULL, "content-type: application/json");
  headers = curl_slist_append(headers, "x-api-key: bench");
  headers = curl_slist_append(headers, "anthropic-version: 2023-06-01");
  // Otherwise libcurl asks before each large body whether it may send it, and waits for an answer.
  headers = curl_slist_append(headers, "expect:");
  Shard *shards = calloc((size_t)shardCount, sizeof *shards);
  for (long i = 0; i < shardCount; i++) {
    shards[i] = (Shard){.multi = curl_multi_init(), .index = (uint32_t)i};
    curl_multi_setopt(shards[i].multi, CURLMOPT_SOCKETFUNCTION, onSocket);
    curl_multi_setopt(shards[i].multi, CURLMOPT_SOCKETDATA, &shards[i]);
    curl_multi_setopt(shards[i].multi, CURLMOPT_TIMERFUNCTION, onTimer);
    curl_multi_setopt(shards[i].multi, CURLMOPT_TIMERDATA, &shards[i]);
    curl_multi_setopt(shards[i].multi, CURLMOPT_MAXCONNECTS, perShard);
    if (http2)
      curl_multi_setopt(shards[i].multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                        (perShard + streamsPerConnection - 1) / streamsPerConnection);
  }
  Slot *pool = calloc((size_t)slots, sizeof *pool);
  for (long i = 0; i < slots; i++) {
    Slot *slot = &pool[i];
    *slot = (Slot){.shard = &shards[i % shardCount], .answer = malloc(answerLimit)};
    slot->easy = makeEasy(slot, arguments[1], headers, ca, http2);
    if (!sendNext(slot)) break;
  }
  run(shards, (uint32_t)shardCount);
  if (fclose(output) != 0) fail(arguments[3]);
  if (failures) fprintf(stderr, "reference: %lu requests failed\n", failures);
  return failures ? 1 : 0;
}
