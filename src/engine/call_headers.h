// SPDX-License-Identifier: Apache-2.0
// Private to engine: what a call's requests carry beyond the necessary. The caller's own header
// lines, a body of one's own, the Session-ID of RFC 7989. Pure values, any thread.
#pragma once

#include <base/result.h>
#include <engine/engine.h>
#include <string>
#include <string_view>

namespace engine {

/// Header lines of the caller's own. Errors: no token as name, a line end or control character, a
/// header that belongs to the stack (with the option that sets it, if there is one), too much.
base::Result<std::string>
headerLines(const std::vector<std::pair<std::string, std::string>> &headers);

/// Whether the caller's own headers name it, so that ours stays away.
bool names(const std::vector<std::pair<std::string, std::string>> &headers, std::string_view name);

struct Body {
    std::string type, text;
};
/// What the INVITE carries: the offer, the caller's own body, or both as multipart/mixed (RFC
/// 5621). Errors: a type that is none, a body beyond the cap.
base::Result<Body> inviteBody(const CallRequest &request);
/// The SDP among it; empty: a late offer.
std::string offerOf(const CallRequest &request);

/// Session-ID of RFC 7989: ours for the life of the call, the peer's as it last said.
class SessionId
{
public:
    explicit SessionId(bool wanted);
    /// "Session-ID: ...\r\n", empty when not wanted.
    std::string line() const;
    void heard(std::string_view value);

private:
    std::string m_local, m_remote = std::string(32, '0');
};

} // namespace engine
