// SPDX-License-Identifier: Apache-2.0
// SDP (RFC 8866) as views, tolerant, bounded; and the writer for our own offers and answers (RFC
// 3264).
#pragma once

#include <base/endpoint.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sip {

enum class Direction : std::uint8_t { SendRecv, SendOnly, RecvOnly, Inactive };
std::string_view directionText(Direction direction);

struct SdpFlaw {
    std::uint32_t offset = 0;
    std::string_view what; // one clause, static text
};

struct RtpMap {
    std::string_view encoding; // "PCMU"
    std::uint32_t clock = 0;
    int channels = 1;
};

struct SdpFormat {
    std::string_view text; // as in the m= line
    int payloadType = -1;  // -1: no number
    RtpMap map;            // from a=rtpmap, or RFC 3551's static table; empty encoding: unknown
    bool mapped = false;   // an a=rtpmap line was there
    std::string_view fmtp;
};

struct SdpMedia {
    std::string_view type, protocol; // "audio", "RTP/AVP"
    std::uint32_t port = 0;
    std::vector<SdpFormat> formats;
    std::string_view connection; // address of c= that holds here (own or session's), empty: none
    Direction direction = Direction::SendRecv;
    int ptime = 0, maxptime = 0;              // ms, 0: not given
    std::vector<std::string_view> attributes; // "crypto:1 ..." without "a="
    std::string_view line;                    // the m= line

    std::optional<std::string_view>
    attribute(std::string_view name) const; // value after ":", empty for flags
    const SdpFormat *format(int payloadType) const;
    /// Where RTP is to be sent, if connection is an IP address and port is not 0.
    std::optional<base::Endpoint> endpoint() const;
};

struct Sdp {
    std::string_view text;
    std::string_view origin;  // the o= value
    std::string_view session; // the s= value
    std::string_view timing;  // the first t= value
    std::string_view connection;
    std::vector<SdpMedia> media;
    std::vector<std::string_view> attributes; // session level
    std::vector<SdpFlaw> flaws;

    /// First audio m-line (port 0 or not), nullptr if there is none.
    const SdpMedia *audio() const;
    /// The first that was not refused with port 0; else as audio().
    const SdpMedia *usedAudio() const;
};

/// Linear; at most 256 m= lines and 4096 attributes are kept, the rest is a flaw.
Sdp parseSdp(std::string_view text);

/// Where an a=candidate of RTP over UDP (RFC 8839 section 5.1, without "a=") wants packets;
/// nullopt: another attribute, another component, a name.
std::optional<base::Endpoint> candidateEndpoint(std::string_view attribute);

/// A codec that an offer names; payload types below 96 are RFC 3551's.
struct Codec {
    std::string encoding; // "PCMU", "PCMA", "opus", "telephone-event", "CN"
    int payloadType = 0;
    std::uint32_t clock = 8000;
    int channels = 1;
    std::string fmtp;
};
/// Codecs by name in the order given ("PCMU,opus,L16/16000"); unknown names, and clocks that a
/// codec cannot have, are left out. Dynamic numbers count up from 96.
std::vector<Codec> codecsByName(std::string_view commaList);

struct SdpDraft {
    base::Endpoint media; // where we receive RTP
    std::vector<Codec> codecs;
    Direction direction = Direction::SendRecv;
    std::uint64_t sessionId = 0, version = 0;
    int ptime = 20;
    /// Of an offer. A secure one (RTP/SAVP) wants keys of every answer of ours too.
    std::string protocol = "RTP/AVP";
    /// Values of a=crypto (RFC 4568), one for each suite there is a key of; an answer takes one.
    std::vector<std::string> crypto{};
    bool rtcpMux = false; // RFC 5761: offered, or taken where it was
    /// Of the certificate that the DTLS handshake will show (RFC 8122), "sha-256 AA:BB..."; empty:
    /// keys do not come that way. And who begins it: of an offer, an answer chooses by the offer.
    std::string fingerprint{}, setup = "actpass";
};
std::string writeSdp(const SdpDraft &draft);

/// Our answer to `offer`: the first of `codecs` the offer also names (plus telephone-event if both
/// have it), with the offer's payload types; every other m-line refused with port 0 (RFC 3264
/// section 6). A line of encrypted audio (RTP/SAVP) is taken where one of our keys answers it, or
/// where it brings a fingerprint and we have one; a plain one that brings keys gets one too.
/// nullopt: no common audio codec.
std::optional<std::string> answerSdp(const Sdp &offer, const SdpDraft &ours);

/// What differs between two descriptions in ways that matter to media: address, port, payload types
/// and their mapping, direction, profile, keys, ptime. Order, o= and bandwidth do not count. Empty:
/// nothing.
std::vector<std::string> mediaDifferences(const Sdp &a, const Sdp &b);

} // namespace sip
