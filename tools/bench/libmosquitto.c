/*
 * The peer libmosquitto, for the bench alone: publishes QoS 1 messages with a fixed number in flight and prints wall
 * and CPU time of the span from before the first publish to the last PUBACK, as one line of JSON.
 *
 *   libmosquitto PORT COUNT WARMUP WINDOW PAYLOAD_BYTES TOPIC
 *
 * One thread, each acknowledgement publishing the next message: the thread of mosquitto_loop_start was measured and is
 * no faster.
 */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { loopWaitMs = 1000, silenceLimitMs = 30000 };

static int total, window, payloadBytes;
static int published, acked, connected, failure;
static const char *topic;
static char *payload;

static double wallMs(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double cpuUs(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

static void publishNext(struct mosquitto *client) {
  published += 1;
  int code = mosquitto_publish(client, NULL, topic, payloadBytes, payload, 1, false);
  if (code != MOSQ_ERR_SUCCESS) failure = code;
}

static void onConnect(struct mosquitto *client, void *data, int code) {
  (void)client;
  (void)data;
  if (code == 0) connected = 1;
  else failure = MOSQ_ERR_CONN_REFUSED;
}

static void onPublish(struct mosquitto *client, void *data, int id) {
  (void)data;
  (void)id;
  acked += 1;
  if (published < total) publishNext(client);
}

/* Runs the loop until *value reaches `wanted`. */
static void until(struct mosquitto *client, const int *value, int wanted) {
  double last = wallMs();
  int seen = *value;
  while (*value < wanted) {
    int code = mosquitto_loop(client, loopWaitMs, 1);
    if (failure != 0) code = failure;
    if (code == MOSQ_ERR_SUCCESS && *value == seen && wallMs() - last > silenceLimitMs) code = MOSQ_ERR_CONN_LOST;
    if (code != MOSQ_ERR_SUCCESS) {
      fprintf(stderr, "libmosquitto: %s after %d of %d\n", mosquitto_strerror(code), *value, wanted);
      exit(1);
    }
    if (*value != seen) {
      seen = *value;
      last = wallMs();
    }
  }
}

static void run(struct mosquitto *client, int count) {
  total = count;
  published = 0;
  acked = 0;
  while (published < count && published < window) publishNext(client);
  until(client, &acked, count);
}

int main(int argc, char **argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: libmosquitto PORT COUNT WARMUP WINDOW PAYLOAD_BYTES TOPIC\n");
    return 2;
  }
  int count = atoi(argv[2]), warmup = atoi(argv[3]);
  window = atoi(argv[4]);
  payloadBytes = atoi(argv[5]);
  topic = argv[6];
  payload = malloc((size_t)payloadBytes + 1);
  if (payload == NULL) return 1;
  memset(payload, 'x', (size_t)payloadBytes);

  mosquitto_lib_init();
  struct mosquitto *client = mosquitto_new(NULL, true, NULL);
  if (client == NULL) return 1;
  mosquitto_connect_callback_set(client, onConnect);
  mosquitto_publish_callback_set(client, onPublish);
  mosquitto_max_inflight_messages_set(client, (unsigned int)window);
  mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
  int code = mosquitto_connect(client, "127.0.0.1", atoi(argv[1]), 60);
  if (code != MOSQ_ERR_SUCCESS) {
    fprintf(stderr, "libmosquitto: %s\n", mosquitto_strerror(code));
    return 1;
  }
  until(client, &connected, 1);

  run(client, warmup);
  double cpu = cpuUs(), wall = wallMs();
  run(client, count);
  printf("{\"wallMs\":%.3f,\"cpuUs\":%.0f,\"allocatedBytes\":0}\n", wallMs() - wall, cpuUs() - cpu);
  mosquitto_disconnect(client);
  return 0;
}
