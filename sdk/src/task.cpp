#include "composable/task.hpp"

namespace composable::task {

composable_status go_on(Frame** frame, composable_job_context* host, composable_error* error) {
  Frame* job = *frame;
  job->host = host;
  job->waits = false;
  job->leaf.resume();
  if (job->waits) {
    job->host = nullptr;
    return COMPOSABLE_PENDING;
  }
  const composable_status status = job->finish(job, error);
  job->destroy(job);
  *frame = nullptr;
  return status;
}

}  // namespace composable::task
