/* libbelfry for C, and for every language whose foreign interface can bind C. belfry/client.hpp
 * describes what each function does; this header says only what is different.
 *
 *     belfry_client* client = belfry_open("ann", "tcp://127.0.0.1:5000", NULL, NULL);
 *     belfry_send(client, "hello", 5, NULL, NULL);
 *     belfry_message message;
 *     while (belfry_receive(client, -1, &message) == BELFRY_OK) fwrite(message.payload, 1,
 * message.size, stdout); fprintf(stderr, "%s\n", belfry_error_text(client)); belfry_free(client);
 *
 * Texts end with NUL. Payloads have a size, and may hold any bytes. Pointers that a callback gets
 * are valid during the call. Callbacks get the `context` that was given with them. Timeouts are in
 * milliseconds; below 0 there is none.
 */
#ifndef BELFRY_H
#define BELFRY_H

#include <stddef.h>
#include <stdint.h>

#ifndef BELFRY_API
#define BELFRY_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct belfry_client belfry_client;

typedef enum belfry_result {
    BELFRY_OK = 0,
    BELFRY_TIMED_OUT = 1, /* the time was up */
    BELFRY_FAILED = 2     /* belfry_error_code() and belfry_error_text() say why */
} belfry_result;

typedef enum belfry_state {
    BELFRY_CONNECTING = 0,
    BELFRY_ONLINE = 1,
    BELFRY_WAITING = 2,
    BELFRY_CLOSING = 3,
    BELFRY_STOPPED = 4
} belfry_state;

typedef struct belfry_message {
    uint64_t id;
    const char* sender;
    uint64_t time; /* Unix time in milliseconds */
    const char* payload;
    size_t size; /* of the payload, in bytes */
} belfry_message;

typedef struct belfry_tls {
    const char* ca; /* paths in PEM, and a name; NULL or empty as in belfry::Tls */
    const char* name;
    const char* certificate;
    const char* key;
} belfry_tls;

/* Flags of belfry_open_with(). */
enum {
    BELFRY_ACK_MANUAL = 1, /* a message counts as taken when the program calls belfry_ack() */
    BELFRY_PRESENCE = 2,   /* belfry_on_presence() is wanted */
    BELFRY_FAIL_FAST = 4   /* stop if no server can be reached before the first login */
};

BELFRY_API const char* belfry_version(void);

/* Makes a client. Returns NULL only if the memory is exhausted: a client whose options cannot be
 * used has stopped, and its error code is `bad-option`. servers: URLs with commas between them;
 * secret: NULL if there is none; tls: NULL for the defaults */
BELFRY_API belfry_client* belfry_open(const char* id, const char* servers, const char* secret,
                                      const belfry_tls* tls);
BELFRY_API belfry_client* belfry_open_with(const char* id, const char* servers, const char* secret,
                                           const belfry_tls* tls, unsigned flags);

/* Ends the connection at once. NULL is allowed. */
BELFRY_API void belfry_free(belfry_client* client);

/* --- callbacks; set them before the client runs --- */

BELFRY_API void belfry_on_message(belfry_client* client,
                                  void (*callback)(const belfry_message* message, void* context),
                                  void* context);
BELFRY_API void belfry_on_sent(belfry_client* client,
                               void (*callback)(uint64_t id, uint64_t seq, void* context),
                               void* context);
BELFRY_API void belfry_on_gap(belfry_client* client,
                              void (*callback)(uint64_t first, uint64_t last, void* context),
                              void* context);
BELFRY_API void belfry_on_live(belfry_client* client, void (*callback)(uint64_t id, void* context),
                               void* context);
BELFRY_API void belfry_on_presence(belfry_client* client,
                                   void (*callback)(const char* id, int online, void* context),
                                   void* context);
BELFRY_API void belfry_on_state(belfry_client* client,
                                void (*callback)(belfry_state state, void* context), void* context);
BELFRY_API void belfry_on_notice(belfry_client* client,
                                 void (*callback)(const char* text, void* context), void* context);

/* --- messages --- */

/* error_code: NULL if the message was accepted. id: 0 if the server had accepted it before. */
typedef void (*belfry_completion)(uint64_t seq, uint64_t id, const char* error_code,
                                  const char* error_text, void* context);

/* completion: NULL if the program does not want to know */
BELFRY_API void belfry_send(belfry_client* client, const void* payload, size_t size,
                            belfry_completion completion, void* context);
/* seq: of a message of an earlier run, or 0. on_seq: NULL, or told the seq before the message
 * leaves */
BELFRY_API void belfry_send_with(belfry_client* client, const void* payload, size_t size,
                                 uint64_t seq, void (*on_seq)(uint64_t seq, void* context),
                                 belfry_completion completion, void* context);

BELFRY_API belfry_result belfry_settle(belfry_client* client, int timeout_ms);

/* The pointers of the message are valid until the next call of belfry_receive() or belfry_free().
 */
BELFRY_API belfry_result belfry_receive(belfry_client* client, int timeout_ms,
                                        belfry_message* message);

BELFRY_API void belfry_ack(belfry_client* client, uint64_t id);
BELFRY_API void belfry_ack_all(belfry_client* client);

/* --- questions: they wait, and call back for each part of the answer before they return --- */

BELFRY_API belfry_result belfry_history(belfry_client* client, uint64_t first, uint64_t count,
                                        int timeout_ms,
                                        void (*each)(const belfry_message* message, void* context),
                                        void* context);
BELFRY_API belfry_result belfry_who(belfry_client* client, int timeout_ms,
                                    void (*each)(const char* id, int online, uint64_t cursor,
                                                 void* context),
                                    void* context);

/* --- its state --- */

BELFRY_API belfry_state belfry_get_state(const belfry_client* client);

/* Return why the last call of this client failed, or why it is waiting or has stopped. The texts
 * are valid until the next call with the same client in the same thread. They are never NULL. */
BELFRY_API const char* belfry_error_code(const belfry_client* client);
BELFRY_API const char* belfry_error_text(const belfry_client* client);

/* Returns the epoch of the last login; empty before the first one. Valid as the texts of errors
 * are. */
BELFRY_API const char* belfry_epoch(const belfry_client* client);
BELFRY_API uint64_t belfry_cursor(const belfry_client* client);

BELFRY_API size_t belfry_unsent(const belfry_client* client);
BELFRY_API int belfry_has_room(const belfry_client* client);
BELFRY_API int belfry_is_live(const belfry_client* client);

/* --- connecting, leaving, running --- */

BELFRY_API void belfry_connect(belfry_client* client);
BELFRY_API void belfry_leave(belfry_client* client, int timeout_ms);
BELFRY_API void belfry_close(belfry_client* client, int timeout_ms);

/* Starts a thread, in which callbacks then run. */
BELFRY_API void belfry_start(belfry_client* client);

BELFRY_API int belfry_descriptor(const belfry_client* client);
BELFRY_API short belfry_events(const belfry_client* client);
/* Returns in how many milliseconds belfry_step() must run even if nothing is ready; -1: never. It
 * is what poll() takes. */
BELFRY_API int belfry_timeout(const belfry_client* client);
BELFRY_API void belfry_step(belfry_client* client, int is_ready);
BELFRY_API void belfry_pause(belfry_client* client, int is_paused);

#ifdef __cplusplus
}
#endif

#endif
