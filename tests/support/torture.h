// SPDX-License-Identifier: Apache-2.0
// Torture messages written for Earshot, a counterpart for each section of RFC 4475 and RFC 5118 and
// some that both leave out: valid ones, which must have no error, and broken ones with the flaws
// they must show.
#pragma once

#include <sip/message.h>
#include <string>
#include <string_view>
#include <vector>

namespace support::torture {

struct Case {
    std::string name;
    std::string section; // which section it is a counterpart of
    std::string text;
    std::vector<sip::FlawCode> flaws; // that it must show; valid messages may show warnings
    bool valid = true;
};

/// A request of which a test changes pieces.
struct Draft {
    std::string first = "INVITE sip:carol@chicago.test SIP/2.0";
    std::string via = "Via: SIP/2.0/UDP 203.0.113.9:5061;branch=z9hG4bK-7f3";
    std::string maxForwards = "Max-Forwards: 65";
    std::string from = "From: \"Dan\" <sip:dan@boston.test>;tag=81f";
    std::string to = "To: <sip:carol@chicago.test>";
    std::string callId = "Call-ID: torture.1@203.0.113.9";
    std::string cseq = "CSeq: 12 INVITE";
    std::string contact = "Contact: <sip:dan@203.0.113.9:5061>";
    std::string more; // whole lines with their ends
    std::string length = "auto";
    std::string body;
};

inline std::string write(const Draft &draft)
{
    std::string out = draft.first + "\r\n";
    for (const std::string &line : {draft.via, draft.maxForwards, draft.from, draft.to,
                                    draft.callId, draft.cseq, draft.contact})
        out += line.empty() ? line : line + "\r\n";
    out += draft.more;
    if (draft.length == "auto")
        out += "Content-Length: " + std::to_string(draft.body.size()) + "\r\n";
    else if (!draft.length.empty())
        out += draft.length + "\r\n";
    return out + "\r\n" + draft.body;
}

/// A request of another method, the rest as it is.
inline Draft of(std::string_view method, std::string_view uri)
{
    Draft draft;
    draft.first = std::string(method) + " " + std::string(uri) + " SIP/2.0";
    draft.cseq = "CSeq: 12 " + std::string(method);
    return draft;
}

/// A response to the INVITE.
inline Draft answer(std::string_view statusLine)
{
    Draft draft;
    draft.first = std::string(statusLine);
    draft.maxForwards.clear();
    draft.to = "To: <sip:carol@chicago.test>;tag=c4";
    return draft;
}

inline std::string offer(std::string_view connection = "IN IP4 203.0.113.9")
{
    const std::string c(connection);
    return "v=0\r\no=dan 77 77 " + c + "\r\ns=-\r\nc=" + c +
           "\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
}

inline Draft withOffer(std::string_view connection = "IN IP4 203.0.113.9")
{
    Draft draft;
    draft.more = "Content-Type: application/sdp\r\n";
    draft.body = offer(connection);
    return draft;
}

} // namespace support::torture
