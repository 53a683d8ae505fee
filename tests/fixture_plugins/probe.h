/* The probe: a durable domain for the tests of a host. Every command makes one kind of effect, so
 * that a test can ask for exactly what it wants to see.
 *
 *   Quiet {}                     nothing
 *   Note {stream,text,expect?}   appends Noted{text}; expect: seen, any, none, exists
 *   Pair {a,b}                   appends Noted to both new streams, in one request
 *   Fail {}                      decide fails
 *   Poison {stream}              appends Poisoned, whose evolve fails, live and replaying
 *   Tell {text}                  announces Told{text}
 *   Refuse {reason}              ends in the rejection Refused{reason}
 *   Chain {n}                    n internal Links one after the other, then announces Chained{}
 *   Later {key,ms}               after a delay Fired{key}, which appends Noted to later-<key>
 *   Schedule {stream,key,ms}     the same beside an append, so that the delay is stored with it
 *   Cancel {key}                 cancels a delay or a job
 *   Echo {key,text}              a job that sends Echoed{text}, which appends Noted to echo
 *   Slow {key,text,ms}           the same by a job that suspends for ms
 *   Break {}                     a job that fails
 *   Parallel {n}, Sequential {n} n echo jobs with the texts 1 to n
 *   Load {stream}                loads the stream's events and announces them as Paged
 *   Publish {topic,text,stream?} publishes Told on the topic; with stream, beside an append of Noted
 *   PublishAll {topic,n}         the same n times, texts 1 to n, one after the other in a group
 *
 * What arrives on the topic probe.told is appended as Noted to the stream heard; what arrives on
 * probe.circle is published there again. Told is published with all that its command had, so that
 * its listener gets fields that it does not know.
 *
 * POST /<command, lower case> gives each; GET "" shows the state: how many Noted there were, the
 * last position, and a digest of all that evolve was ever told. */
#pragma once
#include "composable/abi/composable.h"

enum {
  kQuiet,
  kNote,
  kPair,
  kFail,
  kPoison,
  kTell,
  kRefuse,
  kChain,
  kLater,
  kSchedule,
  kCancel,
  kEcho,
  kSlow,
  kBreak,
  kParallel,
  kSequential,
  kLoad,
  kPublish,
  kPublishAll,
  kCommands, /* how many; what follows are no commands */
  kLink = kCommands,
  kFired,
  kEchoed,
  kPage,
  kHeard,
  kCircled,
  kNoted,
  kPoisoned,
  kTold,
  kChained,
  kPaged,
  kRefused,
  kActions
};

enum { kJobEcho, kJobSlow, kJobBroken, kJobs };

struct composable_state {
  uint64_t noted;
  uint64_t position;
  uint64_t digest; /* FNV-1a of every event's stream, text, version, position and time */
};

extern const composable_action_type* const probe_actions[kActions];
extern const composable_routes_v1 probe_routes;
extern const composable_jobs_v1 probe_jobs;

/* Fills the error; returns `status`. */
composable_status probe_fail(composable_error* error, composable_status status, const char* path,
                             const char* message);
/* Checks a JSON payload against the flat schema of its type; mode is COMPOSABLE_DECODE_*. */
composable_status probe_decode(const composable_action* json, uint32_t mode, composable_error*);
