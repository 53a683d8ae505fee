// add_reload_pages adds the admin pages that list generations, reload them and roll them back.
#pragma once
#include <string>

#include "http/admin_router.hpp"
#include "reload/reloader.hpp"

namespace composable::host {

// One record as JSON; empty and zero members are left out.
std::string record_json(const GenerationRecord& record);

// GET  /_composable/api/generations              the history, newest first
// POST /_composable/api/domains/:name/reload     from its file, changed or not
// POST /_composable/api/domains/:name/rollback   to ?generation=N, or to the one before
// POST /_composable/api/reload                   all files of the plugin directories
//
// The last three answer when it is done: 200 with the record or records, 409 with the record when
// the generation was refused and another still serves. They answer JSON, or a line of text to a
// client that accepts text/plain. Both references outlive the listener.
void add_reload_pages(AdminRoutes& routes, Reloader& reloader, const ReloadHistory& history);

}  // namespace composable::host
