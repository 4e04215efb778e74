// SPDX-License-Identifier: Apache-2.0
// The words of one line of a Conversation and the texts they stand for; conversation.h explains the
// notation.
//
// Words of messages: tag= (To-tag) from= (From-tag, default a) call= cseq= branch= for=METHOD (what
// a response answers, default: the oldest request of that hop without final response, else the
// newest) rseq=N (reliable) rack=RSEQ/CSEQ offer (sdp=0,8) answer (sdp=0)
// via=BRANCH (a response whose top Via is not the request's) as=USER (whom a REGISTER registers)
// uri=USER@HOST (Request-URI) type= (Content-Type) sdp=FORMATS[@HOST[:PORT]][/DIRECTION]
// proto=PROFILE unmapped (no rtpmap), event= opus= amr= (their numbers, 101 and 111), reverse (the
// callee's request) tcp tls sport= dport= (ports, 5060) pad=BYTES, off=N (Content-Length tells so
// many bytes more), "Header: value", and "a=...", "b=..." or "m=..." that end the description. A
// line that begins with * is decisive: without the decisive lines the outcome has to turn round.
// Via fields grow when somebody hands on a request he received. Hosts: alice bob carol gw home edge
// edge2 proxy.
#pragma once

#include <algorithm>
#include <base/endpoint.h>
#include <base/flow_report.h>
#include <base/text.h>
#include <base/time.h>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support::spoken {

struct Word {
    std::string key, value; // value empty: a bare word
    bool quoted = false;
};
struct Line {
    base::Instant time;
    std::string from, to;
    std::vector<Word> words;

    bool has(std::string_view key) const { return find(key) != nullptr; }
    std::string value(std::string_view key, std::string_view otherwise = {}) const
    {
        const auto *const word = find(key);
        return word != nullptr ? word->value : std::string(otherwise);
    }
    long long number(std::string_view key, long long otherwise) const
    {
        return base::toInteger(value(key)).value_or(otherwise);
    }
    const Word *find(std::string_view key) const
    {
        for (const auto &word : words)
            if (!word.quoted && word.key == key)
                return &word;
        return nullptr;
    }
};
/// What a line stands for that only says how it begins; empty: it is a line of its own.
inline std::string_view openingOf(std::string_view line)
{
    static constexpr std::string_view kCall = R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
)";
    static constexpr std::string_view kFlow = R"(
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)";
    return line == "answered" ? kCall : line == "registered" ? kFlow : std::string_view();
}
inline std::optional<base::Address> address(std::string_view name)
{
    static constexpr std::pair<std::string_view, std::string_view> kHosts[] = {
        {"alice", "192.0.2.10"}, {"bob", "192.0.2.20"}, {"carol", "192.0.2.30"},
        {"gw", "192.0.2.40"},    {"home", "192.0.2.1"}, {"edge", "192.0.2.2"},
        {"edge2", "192.0.2.3"},  {"proxy", "192.0.2.4"}};
    for (const auto &[host, text] : kHosts)
        if (host == name)
            return base::Address::parse(text);
    return base::Address::parse(name);
}

inline base::Endpoint host(std::string_view name, std::uint16_t port)
{
    return {address(name).value_or(base::Address{}), port};
}
inline std::uint16_t port(const Line &line, std::string_view which)
{
    return static_cast<std::uint16_t>(line.number(which, 5060));
}
inline base::Transport transport(const Line &line)
{
    return line.has("tls")   ? base::Transport::Tls
           : line.has("tcp") ? base::Transport::Tcp
                             : base::Transport::Udp;
}
/// Of an engine's report of a flow; nullopt: it names none.
inline std::optional<base::FlowState> flowState(const Line &line)
{
    static constexpr std::pair<std::string_view, base::FlowState> kStates[] = {
        {"up", base::FlowState::Up},         {"suspect", base::FlowState::Suspect},
        {"failed", base::FlowState::Failed}, {"registering", base::FlowState::Registering},
        {"off", base::FlowState::Off},       {"plain", base::FlowState::UpPlain}};
    for (const auto &[name, state] : kStates)
        if (line.has(name))
            return state;
    return std::nullopt;
}
inline std::uint16_t mediaPort(std::string_view name)
{
    return static_cast<std::uint16_t>(name == "alice"   ? 4000
                                      : name == "bob"   ? 5000
                                      : name == "carol" ? 6000
                                                        : 7000);
}

inline std::vector<Word> wordsOf(std::string_view text)
{
    std::vector<Word> words;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
        if (text[at] == '"') {
            std::string quoted;
            for (++at; at < text.size() && text[at] != '"'; ++at) {
                if (text[at] == '\\' && at + 1 < text.size())
                    ++at;
                quoted += text[at];
            }
            ++at;
            words.push_back({std::move(quoted), {}, true});
            continue;
        }
        const auto end = std::min(text.find_first_of(" \t", at), text.size());
        const auto word = text.substr(at, end - at);
        const auto equals = word.find('=');
        words.push_back({std::string(word.substr(0, equals)),
                         equals == std::string_view::npos ? std::string()
                                                          : std::string(word.substr(equals + 1)),
                         false});
        at = end;
    }
    return words;
}

/// "a=..." and "m=..." are lines of the description, not headers.
inline bool ofBody(const Word &word)
{
    return word.quoted && word.key.size() > 1 && word.key[1] == '=' &&
           std::string_view("abm").find(word.key[0]) != std::string_view::npos;
}

inline std::string media(const Line &line, std::string text)
{
    const auto slash = text.find('/');
    const auto direction =
        slash == std::string::npos ? std::string("sendrecv") : text.substr(slash + 1);
    text.resize(std::min(slash, text.size()));
    const auto where = text.find('@');
    auto place = where == std::string::npos ? line.from : text.substr(where + 1);
    text.resize(std::min(where, text.size()));
    auto colon = place.find(':');
    if (place.find(':', colon + 1) != std::string::npos) // IPv6, without a port
        colon = std::string::npos;
    const auto port = colon == std::string::npos ? std::string() : place.substr(colon + 1);
    place.resize(std::min(colon, place.size()));
    std::string formats, maps;
    for (const auto format : base::split(text, ',')) {
        formats += fmt::format(" {}", format);
        const auto number = base::toInteger(format).value_or(0);
        if (number >= 96)
            maps += fmt::format("a=rtpmap:{} {}\r\n", format,
                                number == line.number("event", 101)  ? "telephone-event/8000"
                                : number == line.number("opus", 111) ? "opus/48000/2"
                                : number == line.number("amr", 0)    ? "AMR/8000"
                                                                     : "iLBC/8000");
    }
    const auto address = host(place, 0).address;
    const auto ip = fmt::format("IN IP{} {}", address.family == 4 ? 4 : 6, address.text());
    auto body = fmt::format("v=0\r\no=- 1 1 {}\r\ns=-\r\nc={}\r\nt=0 0\r\nm=audio {} {}{}\r\n{}"
                            "a={}\r\n",
                            ip, ip, port.empty() ? std::to_string(mediaPort(place)) : port,
                            line.value("proto", "RTP/AVP"), formats,
                            line.has("unmapped") ? std::string() : maps, direction);
    for (const auto &word : line.words)
        if (ofBody(word))
            body += word.key + "\r\n";
    return body;
}

/// Extra headers, body and the blank line between them.
inline std::string ending(const Line &line)
{
    std::string out;
    if (line.has("rseq"))
        out += fmt::format("Require: 100rel\r\nRSeq: {}\r\n", line.value("rseq"));
    if (line.has("rack")) {
        auto rack = line.value("rack");
        std::replace(rack.begin(), rack.end(), '/', ' ');
        out += fmt::format("RAck: {} INVITE\r\n", rack);
    }
    for (const auto &word : line.words)
        if (word.quoted && !ofBody(word))
            out += word.key + "\r\n";
    if (line.has("pad"))
        out += "Subject: " + std::string(static_cast<std::size_t>(line.number("pad", 0)), 'x') +
               "\r\n";
    std::string body;
    if (line.has("offer") || line.has("answer") || line.has("sdp"))
        body = media(line, line.value("sdp", line.has("offer") ? "0,8" : "0"));
    if (!body.empty())
        out += fmt::format("Content-Type: {}\r\n", line.value("type", "application/sdp"));
    return out + fmt::format("Content-Length: {}\r\n\r\n{}",
                             static_cast<long long>(body.size()) + line.number("off", 0), body);
}

/// CRLF, or a binding request and its answer of STUN (RFC 8489), without any attribute that is not
/// needed.
inline std::string keepAlive(const Line &line)
{
    const bool ping = line.has("ping");
    if (!line.has("stun"))
        return ping ? "\r\n\r\n" : "\r\n";
    constexpr std::string_view kCookie = "\x21\x12\xA4\x42";
    const std::string transaction = "conversation";
    if (ping)
        return std::string("\x00\x01\x00\x00", 4) + std::string(kCookie) + transaction;
    if (line.has("error")) { // ERROR-CODE alone
        const auto code = line.number("error", 400);
        return std::string("\x01\x11\x00\x08", 4) + std::string(kCookie) + transaction +
               std::string("\x00\x09\x00\x04\x00\x00", 6) + static_cast<char>(code / 100) +
               static_cast<char>(code % 100);
    }
    const auto elsewhere = base::Endpoint::parse(line.value("mapped")); // behind a NAT
    const auto seen =
        (elsewhere ? elsewhere->port : static_cast<unsigned>(line.number("mapped", 5060))) ^
        0x2112U;
    const auto ip = elsewhere ? elsewhere->address : host(line.to, 0).address;
    std::string address{'\0', '\1', static_cast<char>(seen >> 8U), static_cast<char>(seen & 0xFFU)};
    for (std::size_t i = 0; i < 4; ++i)
        address += static_cast<char>(ip.bytes[i] ^ static_cast<std::uint8_t>(kCookie[i]));
    return std::string("\x01\x01\x00\x0C", 4) + std::string(kCookie) + transaction +
           std::string("\x00\x20\x00\x08", 4) + address;
}

inline std::string bigEndian(std::uint32_t value)
{
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(value >> static_cast<unsigned>(shift));
    return out;
}

/// RTCP of a receiver (RFC 3550 section 6.4.2) with a block about `ssrc`; with sent= of a sender
/// (section 6.4.1), whose clock shows that number.
inline std::string rtcp(const Line &line)
{
    const auto number = [&](std::string_view name) {
        return bigEndian(static_cast<std::uint32_t>(line.number(name, 0)));
    };
    const std::string nothing(4, '\0');
    if (line.has("sent")) // the middle of the NTP time, in 64 bits of it
        return std::string("\x80\xc8\0\6", 4) + number("ssrc") + nothing.substr(0, 2) +
               number("sent") + nothing.substr(0, 2) + nothing + nothing + nothing;
    std::string out("\x81\xc9\0\7\0\0\0", 7);
    out += static_cast<char>(host(line.from, 1).address.bytes[3]);
    out += number("ssrc");
    out += static_cast<char>(line.number("fraction", 0));
    return out + std::string(11, '\0') + number("last") +
           bigEndian(static_cast<std::uint32_t>(line.number("held", 0) * 65536 / 1000));
}

/// A Via field that somebody on the way spoilt: via=BRANCH.
inline std::string withBranch(const std::string &via, const Line &line)
{
    return via.substr(0, via.find(";branch=")) + ";branch=z9hG4bK-" + line.value("via") + "\r\n";
}

inline bool mentions(const Line &line, std::string_view header)
{
    return std::any_of(line.words.begin(), line.words.end(), [&](const Word &w) {
        return w.quoted && base::lower(w.key).compare(0, header.size(), header) == 0;
    });
}

inline std::string contact(const Line &line)
{
    return mentions(line, "contact:")
               ? std::string()
               : fmt::format("Contact: <sip:{}@{}>\r\n", line.from, host(line.from, 5060).text());
}

inline long long usualCSeq(std::string_view method)
{
    return method == "PRACK"     ? 2
           : method == "UPDATE"  ? 3
           : method == "BYE"     ? 4
           : method == "OPTIONS" ? 5
                                 : 1;
}

} // namespace support::spoken
