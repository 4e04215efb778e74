// SPDX-License-Identifier: Apache-2.0
// --transport is for URIs that name no transport. Beside URIs that name another one it would be
// ignored; that is said instead.
#pragma once

#include <app/arguments.h>

namespace app {

/// `hops`: where requests go first, as the user wrote it. Errors: one names a transport that
/// Earshot does not speak; each of them names its transport, and one names another than
/// --transport.
base::Result<void> checkTransport(const Arguments &arguments, const std::vector<std::string> &hops);

} // namespace app
