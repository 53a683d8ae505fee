/* The probe's jobs. Their input is the body of the command that started them. */
#include <stdio.h>
#include <stdlib.h>

#include "json_fields.h"
#include "probe.h"

/* A slow job between its two halves: what it will say. */
struct composable_job_frame {
  size_t len;
  char echoed[]; /* the body of Echoed, with a NUL */
};

/* {"text":…} of the input, as a frame; null when memory is out. */
static composable_job_frame* make_frame(composable_bytes input) {
  const composable_str text =
      json_text((composable_str){(const char*)input.ptr, input.len}, "text");
  const size_t size = text.len + sizeof "{\"text\":\"\"}";
  composable_job_frame* frame = malloc(sizeof *frame + size);
  if (frame == NULL) return NULL;
  frame->len =
      (size_t)snprintf(frame->echoed, size, "{\"text\":\"%.*s\"}", (int)text.len, text.ptr);
  return frame;
}

static composable_status resume(composable_job_frame* frame, composable_job_context* job,
                                composable_error* error) {
  (void)error;
  const composable_action echoed = {kEchoed, COMPOSABLE_FORM_JSON, frame->echoed, frame->len};
  const composable_status status = job->cancelled(job) ? COMPOSABLE_OK : job->send(job, &echoed);
  free(frame);
  return status;
}

static composable_status run(const composable_state* state, uint32_t number, composable_bytes input,
                             composable_job_context* job, composable_job_frame** frame,
                             composable_error* error) {
  (void)state;
  if (number == kJobBroken) {
    return probe_fail(error, COMPOSABLE_E_FAILED, "", "the probe's job is broken");
  }
  composable_job_frame* made = make_frame(input);
  if (made == NULL) return probe_fail(error, COMPOSABLE_E_FAILED, "", "out of memory");
  if (number == kJobEcho) return resume(made, job, error);
  const composable_str body = {(const char*)input.ptr, input.len};
  job->wake_after(job, json_uint(body, "ms") * 1000);
  *frame = made;
  return COMPOSABLE_PENDING;
}

static void drop(composable_job_frame* frame) { free(frame); }

#define JOB(text)                                                                    \
  &(const composable_job_type) {                                                     \
    .struct_size = sizeof(composable_job_type), .flags = COMPOSABLE_JOB_RESTARTABLE, \
    .name = COMPOSABLE_STR(text)                                                     \
  }
static const composable_job_type* const kJobTypes[kJobs] = {
    [kJobEcho] = JOB("echo"), [kJobSlow] = JOB("slow"), [kJobBroken] = JOB("broken")};

const composable_jobs_v1 probe_jobs = {.struct_size = sizeof(composable_jobs_v1),
                                       .n_jobs = kJobs,
                                       .jobs = kJobTypes,
                                       .run = run,
                                       .resume = resume,
                                       .drop = drop};
