// SPDX-License-Identifier: Apache-2.0
// What stays the same of this device over restarts. Any thread.
#pragma once

#include <base/result.h>
#include <string>

namespace desk {

/// This device's instance-id (RFC 5626 section 4.1), "urn:uuid:...", kept in
/// XDG_STATE_HOME/earshot/instance-id and made when it is not there. Errors: the file can neither
/// be read nor written; then bindings of former runs stay until they expire.
base::Result<std::string> deviceInstance();

/// A fresh one (RFC 4122 version 4).
std::string newInstance();

} // namespace desk
