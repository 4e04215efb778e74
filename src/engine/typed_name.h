// SPDX-License-Identifier: Apache-2.0
// Private to engine: what people type as a name and a URI, as RFC 3261 wants it written. Pure, any
// thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace engine {

/// RFC 3261 section 19.1.2: what a user part may not hold as it is stands there escaped, letters
/// beyond ASCII as their UTF-8 bytes; with `all` spaces, quotes and the like too. Control
/// characters stay, to be refused.
std::string withEscapedUser(std::string_view uri, bool all);
/// Display name and URI of `"Bob" <sip:bob@example.test>`: where the URI begins tells a "<" of the
/// name from its own. Without brackets all of it is the URI.
std::pair<std::string_view, std::string_view> nameAndUri(std::string_view text);
/// A display name as a quoted string (RFC 3261 section 25.1) and a space: it says what was typed,
/// quotes and backslashes of its own included. Empty for none.
std::string quotedName(std::string_view typed);

} // namespace engine
