/* The result of a call, and where it failed. */
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0 is success, a positive value a success with a remark, a negative one a failure. A receiver
 * treats a negative value it does not know as COMPOSABLE_E_FAILED. Values are never reused. */
typedef int32_t composable_status;

#define COMPOSABLE_OK ((composable_status)0)
#define COMPOSABLE_PENDING ((composable_status)1) /* a job suspended itself and will be resumed */

#define COMPOSABLE_E_FAILED ((composable_status)-1)      /* see the message */
#define COMPOSABLE_E_INVALID ((composable_status)-2)     /* input that cannot be read: HTTP 400 */
#define COMPOSABLE_E_UNSUPPORTED ((composable_status)-3) /* the other side does not know this */
#define COMPOSABLE_E_EXCEPTION ((composable_status)-4)   /* plugin code threw; message is its what() */
#define COMPOSABLE_E_OVERLOADED ((composable_status)-5)  /* a bound was reached; nothing was taken */
#define COMPOSABLE_E_MISUSE ((composable_status)-6)      /* the call breaks the contract */
#define COMPOSABLE_E_NOT_FOUND ((composable_status)-7)   /* HTTP 404 */
#define COMPOSABLE_E_GONE ((composable_status)-8)        /* too late: cancelled or shut down */

/* The callee fills it when it returns a negative status. The caller owns it, zeroes it and sets
 * struct_size. Texts are UTF-8, cut at the array's end. Frozen: 512 bytes. */
typedef struct composable_error {
  uint32_t struct_size;
  uint32_t message_len;
  uint32_t path_len;
  uint32_t offset; /* byte of the input that the message is about, or 0xffffffff */
  char message[368];
  char path[128]; /* place in the input: items[0].quantity; empty for the whole */
} composable_error;

#ifdef __cplusplus
}
#endif
