// SPDX-License-Identifier: Apache-2.0
// Private to sip: what is wrong with headers that could be read as lines, and the bounded list the
// flaws go to.
#pragma once

#include <array>
#include <sip/message.h>

namespace sip {

/// Adds flaws whose span lies in the message's text; keeps at most kMostOfOneKind of each code.
class FlawList
{
public:
    static constexpr int kMostOfOneKind = 16;

    explicit FlawList(Message &message) : m_message(message) {}
    void add(FlawCode code, std::string_view span, HeaderId header = HeaderId::Other);
    void addOnce(FlawCode code, std::string_view span);
    bool has(FlawCode code) const { return m_counts[static_cast<std::size_t>(code)] > 0; }

private:
    Message &m_message;
    std::array<int, kFlawCodes> m_counts{};
};

void checkHeaders(const Message &message, const Limits &limits, FlawList &flaws);

/// Walks the parts of a multipart body; false: it is broken or beyond the limits.
bool readParts(const Message &message, const Limits &limits, std::vector<Part> &out);

} // namespace sip
