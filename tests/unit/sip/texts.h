// SPDX-License-Identifier: Apache-2.0
// Messages the SIP tests start from, and small helpers to look at what the parser says of them.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>

#include <sip/message.h>

namespace texts {

inline const std::string kInvite = "INVITE sip:bob@example.test SIP/2.0\r\n"
                                   "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa1;rport\r\n"
                                   "Max-Forwards: 70\r\n"
                                   "From: \"Alice; of <A>\" <sip:alice@example.test>;tag=f1\r\n"
                                   "To: <sip:bob@example.test>\r\n"
                                   "Call-ID: c1@192.0.2.1\r\n"
                                   "CSeq: 7 INVITE\r\n"
                                   "Contact: <sip:alice@192.0.2.1:5060>\r\n"
                                   "Content-Type: application/sdp\r\n"
                                   "Content-Length: 5\r\n"
                                   "\r\n"
                                   "v=0\r\n";

/// A message views its text: what the tests make up lives until the program ends.
inline const std::string &keep(std::string text)
{
    static std::deque<std::string> kept;
    return kept.emplace_back(std::move(text));
}

/// kInvite with the first `from` replaced by `to`.
inline const std::string &with(std::string_view from, std::string_view to,
                               std::string text = kInvite)
{
    const auto at = text.find(from);
    if (at == std::string::npos)
        return keep("the test's text is not there: " + std::string(from));
    return keep(text.replace(at, from.size(), to));
}

inline const std::string &withHeader(std::string_view line)
{
    return with("Max-Forwards", std::string(line) + "\r\nMax-Forwards");
}

inline int count(const sip::Message &message, sip::FlawCode code)
{
    return static_cast<int>(
        std::count_if(message.flaws.begin(), message.flaws.end(),
                      [code](const sip::Flaw &flaw) { return flaw.code == code; }));
}

inline bool has(const sip::Message &message, sip::FlawCode code)
{
    return count(message, code) > 0;
}

/// The bytes a flaw points at; "no such flaw" if it is not there.
inline std::string_view span(const sip::Message &message, sip::FlawCode code)
{
    for (const auto &flaw : message.flaws)
        if (flaw.code == code)
            return message.text.substr(flaw.offset, flaw.length);
    return "no such flaw";
}

} // namespace texts
