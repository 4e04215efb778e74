// SPDX-License-Identifier: Apache-2.0
// What the index keeps of a message: its key values, and nothing that costs more than one walk over
// its header lines. Everything else is parsed when somebody looks at the message.
#pragma once

#include <cstdint>
#include <optional>
#include <sip/message.h>
#include <string_view>

namespace sip {

/// A bit for headers that most messages lack and somebody looks for in nearly all; 0: any other.
constexpr std::uint16_t markOf(HeaderId id)
{
    switch (id) {
    case HeaderId::Authorization:
    case HeaderId::ProxyAuthorization:
        return 1U << 0U;
    case HeaderId::WwwAuthenticate:
    case HeaderId::ProxyAuthenticate:
        return 1U << 1U;
    case HeaderId::Require: // one that holds more than "100rel", or something else
        return 1U << 2U;
    case HeaderId::SessionExpires:
        return 1U << 3U;
    case HeaderId::Contact:
        return 1U << 4U;
    case HeaderId::Reason:
        return 1U << 5U;
    case HeaderId::RecordRoute:
        return 1U << 6U;
    case HeaderId::Route:
        return 1U << 7U;
    case HeaderId::Supported:
        return 1U << 8U;
    case HeaderId::ContentType:
        return 1U << 9U;
    case HeaderId::Warning:
        return 1U << 10U;
    default:
        return 0;
    }
}
constexpr unsigned kHeaderMarks = 12; // bits
/// Among them: Supported or Require lists 100rel. Not set, it may all the same.
constexpr std::uint16_t kTakes100rel = 1U << 11U;

struct Digest {
    // Views of the text the digest was taken from; empty: not there.
    std::string_view callId, fromTag, toTag;
    std::string_view branch, sentBy; // of the top Via
    std::string_view body;           // of a plain message: from behind the headers on
    std::uint64_t callIdHash = 0, fromTagHash = 0, toTagHash = 0; // Trace::hashNames, 0: not taken
    std::uint32_t hash = 0; // base::hashOf the text, 0: not taken
    std::uint32_t cseq = 0;
    std::uint32_t rseq = 0;   // RSeq of a 101-199, or the one a PRACK's RAck names (RFC 3262)
    std::uint16_t status = 0; // 0: a request
    Method method = Method::Unknown; // responses: CSeq's
    std::uint16_t headers = 0;       // markOf() of those that it has, kTakes100rel
    std::uint8_t viaCount = 0;       // of a request
    bool reliable = false;           // RFC 3262 section 3: Require: 100rel and RSeq in a 101-199
    bool hasSdp = false;
    bool earlyMedia = false; // a P-Early-Media header
    bool numbered = false;   // it has an RSeq or a Require, whatever they say
    bool flawless = false;   // parse() finds nothing wrong; false: it was not made sure
};

/// The digest of a parsed message; its views are the message's.
Digest digestOf(const Message &message);

/// The same straight from the text, many times quicker, for the plain messages that nearly all are.
/// False: the text is not plain (folds, odd line ends, lists of Via, multipart, an unknown method
/// ...) or no SIP; parse() decides. `hash`: base::hashOf the text, if somebody took it before.
bool readDigest(std::string_view text, Digest &out, std::uint64_t hash = 0);

/// What is sure of a message that was cut: all of it if the cut lies behind its headers, else the
/// lines before the one that it goes through. Never less than the start line.
std::string_view wholeLines(std::string_view text);

/// parse() without the search for what is wrong: for who wants the values only, of a message that
/// was parsed before. `flaws` then holds what could not be overlooked.
std::optional<Message> readMessage(std::string_view text);

/// Message::sdp() of the text's parse, for plain messages without parsing the rest.
std::string_view sdpOf(std::string_view text);

struct RAck { // RFC 3262 section 7.2
    std::uint32_t rseq = 0, cseq = 0;
    Method method = Method::Unknown;
};
RAck readRAck(std::string_view value);

} // namespace sip
