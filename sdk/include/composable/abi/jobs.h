/* composable.jobs/1: work that may block or wait, off the loops. */
#pragma once
#include "composable/abi/domain.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COMPOSABLE_JOBS_EXTENSION "composable.jobs/1"

#define COMPOSABLE_JOB_RESTARTABLE ((uint32_t)1) /* a reload may run it again from its input */

typedef struct composable_job_type {
  uint32_t struct_size;
  uint32_t flags;
  composable_str name;
} composable_job_type;

/* A suspended job; the plugin's. */
typedef struct composable_job_frame composable_job_frame;

/* The host's side of one running job; valid for the call that passes it. */
typedef struct composable_job_context composable_job_context;
struct composable_job_context {
  uint32_t struct_size;
  uint32_t reserved;
  void* impl; /* the host's */
  /* [worker] Sends a result to decide; copies. Any number of times, in order. */
  composable_status (*send)(composable_job_context*, const composable_action*);
  /* [worker] 1 once the job was cancelled or its generation is being retired. */
  int32_t (*cancelled)(composable_job_context*);
  /* [worker] With COMPOSABLE_PENDING as the return value: resume after `delay_us` microseconds. */
  void (*wake_after)(composable_job_context*, uint64_t delay_us);
};

typedef struct composable_jobs_v1 {
  uint32_t struct_size;
  uint32_t n_jobs;
  const composable_job_type* const* jobs; /* a job's index is its number */

  /* [worker] Runs job `job` on `input`. It may read only the configuration in the state, which create()
   * has set. COMPOSABLE_OK: done. COMPOSABLE_PENDING: suspended, with *frame set and
   * wake_after called. Negative: failed. */
  composable_status (*run)(const composable_state*, uint32_t job, composable_bytes input,
                           composable_job_context*, composable_job_frame** frame,
                           composable_error*);
  /* [worker] Resumes a suspended job; returns as run does. The frame is consumed unless the
   * return value is COMPOSABLE_PENDING. */
  composable_status (*resume)(composable_job_frame*, composable_job_context*, composable_error*);
  /* [worker] Destroys a suspended job that will not be resumed. */
  void (*drop)(composable_job_frame*);
} composable_jobs_v1;

#ifdef __cplusplus
}
#endif
