// SPDX-License-Identifier: Apache-2.0
// A small line language for SIP conversations: the rules' firesOn and quietOn, and stream tests.
//   TIME WHO>WHOM METHOD|STATUS words...   a message; seconds since the beginning
//   TIME WHO>WHOM rtp N words...           N packets of 20 ms (port= toport= every=MS
//   shaken=MS, and what conversation_media.h tells)
//   TIME WHO>WHOM rtcp ssrc=N fraction=N   a report of what was lost of that stream, of 256
//   (last=N held=MS: behind the sender's report that has sent=N, which it came MS before)
//   TIME WHO>WHOM again                    the last message of that direction, byte for byte
//   TIME WHO>WHOM tcp ping|pong|fin|reset  RFC 5626 keep-alive, end of the connection; without tcp
//   over UDP, "stun ping|pong" as STUN (mapped=PORT of WHOM or ADDRESS:PORT, error=CODE)
//   TIME WHO>WHOM flow STATE   the engine's report of WHO's flow (up, ...; reg=N tls=WHOM verified
//   call=) TIME WHO>WHOM icmp "sentence"   the media's port is closed, as the network tells
//   TIME local KIND words "sentence"   refused, unreachable, unresolvable, timeout, failed, gaveup,
//   media, ringback, silent (no audio device), note (code= call= tag=) TIME tick   nothing but time
//   passes own WHO   WHO is our own user agent (wire tap and media sockets) answered: alice calls
//   bob, who answers after 1 s (tag b); registered: bob's flow 1 over TCP (call=r1).
//   conversation_line.h explains the words of messages.
#pragma once

#include <algorithm>
#include <base/packet.h>
#include <base/text.h>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <sip/status.h>
#include <string>
#include <string_view>
#include <support/conversation_line.h>
#include <support/conversation_media.h>
#include <utility>
#include <vector>

namespace support {

class Conversation
{
public:
    explicit Conversation(std::string_view text, bool withDecisive = true)
    {
        read(text, withDecisive);
        std::stable_sort(m_packets.begin(), m_packets.end(),
                         [](const auto &a, const auto &b) { return a.time < b.time; });
    }

    const std::vector<base::Packet> &packets() const { return m_packets; }
    const std::string &error() const { return m_error; }
    bool hasDecisive() const { return m_hasDecisive; }

    static constexpr base::Instant kStart{1'700'000'000LL * 1'000'000'000LL};

private:
    using Line = spoken::Line;
    struct Request { // as it went over one hop
        std::string from, to, method, callId;
        long long cseq = 1;
        std::vector<std::string> vias;
        std::string fromHeader, toHeader;
        int finalStatus = 0;
    };

    void read(std::string_view text, bool withDecisive)
    {
        int number = 0;
        for (auto line : base::split(text, '\n')) {
            ++number;
            line = base::trim(line);
            if (line.empty() || line.front() == '#')
                continue;
            if (line.front() == '*') {
                m_hasDecisive = true;
                if (!withDecisive)
                    continue;
                line = base::trim(line.substr(1));
            }
            const auto opening = spoken::openingOf(line);
            if (!opening.empty())
                read(opening, withDecisive);
            else if (!speak(line) && m_error.empty())
                m_error = fmt::format("line {} cannot be read: {}", number, line);
        }
    }

    bool speak(std::string_view text)
    {
        Line line;
        line.words = spoken::wordsOf(text);
        if (line.words.size() == 2 && line.words[0].key == "own") {
            m_own = line.words[1].key;
            return spoken::address(m_own).has_value();
        }
        if (line.words.size() < 2)
            return false;
        double seconds = -1;
        const auto &clock = line.words[0].key;
        if (std::from_chars(clock.data(), clock.data() + clock.size(), seconds).ec != std::errc() ||
            seconds < 0)
            return false;
        line.time = kStart + base::Duration(static_cast<std::int64_t>(seconds * 1e9 + 0.5));
        const auto who = line.words[1].key;
        line.words.erase(line.words.begin(), line.words.begin() + 2);
        if (who == "tick")
            return localEvent(line, base::LocalKind::Note, "");
        if (who == "local")
            return local(line);
        const auto arrow = who.find('>');
        if (arrow == std::string::npos || line.words.empty())
            return false;
        line.from = who.substr(0, arrow);
        line.to = who.substr(arrow + 1);
        return spoken::address(line.from) && spoken::address(line.to) && act(line);
    }

    bool act(const Line &line)
    {
        const auto &what = line.words.front().key;
        if (what == "rtp")
            return speech(line);
        if (what == "again")
            return again(line);
        if (what == "flow" || what == "icmp")
            return what == "flow" ? flow(line) : icmp(line);
        if (line.has("ping") || line.has("pong") || what == "rtcp") {
            send(line, what == "rtcp" ? spoken::rtcp(line) : spoken::keepAlive(line));
            return true;
        }
        if (line.has("fin") || line.has("reset")) {
            auto packet = blank(line);
            packet.kind =
                line.has("fin") ? base::PacketKind::StreamFin : base::PacketKind::StreamReset;
            m_packets.push_back(std::move(packet));
            return true;
        }
        const auto status = base::toInteger(what);
        return status ? response(line, static_cast<int>(*status)) : request(line, what);
    }

    base::Packet blank(const Line &line)
    {
        base::Packet packet;
        packet.time = line.time;
        packet.source = spoken::host(line.from, spoken::port(line, "sport"));
        packet.destination = spoken::host(line.to, spoken::port(line, "dport"));
        packet.transport = spoken::transport(line);
        if (packet.transport != base::Transport::Udp) {
            packet.kind = base::PacketKind::StreamData;
            const auto next = static_cast<std::uint32_t>(m_streams.size() + 1);
            const std::pair ends(packet.source.text(), packet.destination.text());
            packet.stream = m_streams.emplace(ends, next).first->second;
        }
        if (!m_own.empty() && (line.from == m_own || line.to == m_own)) {
            packet.origin = base::Origin::Tap;
            packet.outgoing = line.from == m_own;
        }
        return packet;
    }

    void send(const Line &line, std::string bytes)
    {
        auto packet = blank(line);
        packet.payload = base::Blob::copy(bytes);
        m_packets.push_back(std::move(packet));
        if (bytes.size() > 4)
            m_last[{line.from, line.to}] = std::move(bytes);
    }

    bool again(const Line &line)
    {
        const auto it = m_last.find({line.from, line.to});
        if (it == m_last.end())
            return false;
        send(line, it->second);
        return true;
    }

    /// Whoever hands on a request keeps the Via fields it came with.
    std::vector<std::string> viasOf(const Line &line, const Request &request) const
    {
        auto kind = request.method;
        for (const auto &known :
             m_requests) // RFC 3261 section 17.1.1.3: only the ACK of a failure shares the branch
            if (kind == "CANCEL" || (kind == "ACK" && known.from == line.from &&
                                     known.to == line.to && known.method == "INVITE" &&
                                     known.cseq == request.cseq && known.finalStatus >= 300))
                kind = "INVITE";
        std::string branch = line.value("branch");
        if (branch.empty() && kind == "INVITE" && request.method != "INVITE")
            branch = lastBranch(line, request.cseq);
        if (branch.empty())
            branch = fmt::format("{}-{}-{}-{}", line.from, line.to, kind, request.cseq);
        std::vector<std::string> vias{fmt::format("Via: SIP/2.0/{} {};branch=z9hG4bK-{}\r\n",
                                                  base::transportText(spoken::transport(line)),
                                                  spoken::host(line.from, 5060).text(), branch)};
        for (auto it = m_requests.rbegin(); it != m_requests.rend(); ++it)
            if (it->to == line.from && it->callId == request.callId &&
                it->method == request.method && it->cseq == request.cseq) {
                vias.insert(vias.end(), it->vias.begin(), it->vias.end());
                break;
            }
        return vias;
    }

    std::string lastBranch(const Line &line, long long cseq) const
    {
        for (auto it = m_requests.rbegin(); it != m_requests.rend(); ++it)
            if (it->from == line.from && it->to == line.to && it->method == "INVITE" &&
                it->cseq == cseq) {
                const auto &via = it->vias.front();
                const auto start = via.find("z9hG4bK-") + 8;
                return via.substr(start, via.size() - 2 - start);
            }
        return {};
    }

    bool request(const Line &line, const std::string &method)
    {
        Request r;
        r.from = line.from;
        r.to = line.to;
        r.method = method;
        r.callId = line.value("call", "c1");
        r.cseq = line.number("cseq", spoken::usualCSeq(method));
        r.vias = viasOf(line, r);
        const auto own = line.value("from", "a"), peer = line.value("tag");
        const auto callee =
            fmt::format("<sip:bob@example.test>{}{}", peer.empty() ? "" : ";tag=", peer);
        const auto caller = fmt::format("<sip:alice@example.test>;tag={}", own);
        const bool registers = method == "REGISTER";
        const auto user = line.value("as", line.from);
        r.fromHeader = registers ? fmt::format("<sip:{}@example.test>;tag={}", user, own)
                       : line.has("reverse") ? callee
                                             : caller;
        r.toHeader = registers             ? fmt::format("<sip:{}@example.test>", user)
                     : line.has("reverse") ? caller
                                           : callee;
        std::string text = fmt::format(
            "{} {}{} SIP/2.0\r\n", method, line.value("uri").starts_with("sips:") ? "" : "sip:",
            line.value("uri", registers ? "example.test" : "bob@example.test"));
        for (const auto &via : r.vias)
            text += via;
        text += fmt::format(
            "Max-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}@example.test\r\nCSeq: {} {}\r\n",
            r.fromHeader, r.toHeader, r.callId, r.cseq, method);
        text += spoken::contact(line) + spoken::ending(line);
        m_requests.push_back(std::move(r));
        send(line, std::move(text));
        return true;
    }

    Request *answered(const Line &line)
    {
        const auto method = line.value("for"), call = line.value("call");
        Request *newest = nullptr;
        Request *pending = nullptr;
        for (auto &r : m_requests) {
            if (r.from != line.to || r.to != line.from || r.method == "ACK" ||
                (!method.empty() && r.method != method) || (!call.empty() && r.callId != call))
                continue;
            newest = &r;
            if (r.finalStatus == 0)
                pending = &r; // the newest one still open
        }
        return pending != nullptr ? pending : newest;
    }

    bool response(const Line &line, int status)
    {
        auto *const r = answered(line);
        if (r == nullptr || status < 100 || status > 699)
            return false;
        if (status >= 200)
            r->finalStatus = status;
        std::string text = fmt::format("SIP/2.0 {} {}\r\n", status, sip::phrase(status));
        for (const auto &via : r->vias)
            text +=
                line.has("via") && &via == &r->vias.front() ? spoken::withBranch(via, line) : via;
        auto to = r->toHeader;
        if (const auto tag = line.value("tag");
            !tag.empty() && to.find(";tag=") == std::string::npos)
            to += ";tag=" + tag;
        text += fmt::format("From: {}\r\nTo: {}\r\nCall-ID: {}@example.test\r\nCSeq: {} {}\r\n",
                            r->fromHeader, to, r->callId, r->cseq, r->method);
        if (r->method == "INVITE" && status > 100 && status < 300)
            text += spoken::contact(line);
        send(line, text + spoken::ending(line));
        return true;
    }

    bool speech(const Line &line)
    {
        const auto packets =
            line.words.size() > 1 ? base::toInteger(line.words[1].key).value_or(0) : 0;
        if (packets <= 0 || packets > 100'000)
            return false;
        const auto every = std::chrono::milliseconds(line.number("every", 20));
        const auto shaken = std::chrono::milliseconds(line.number("shaken", 0));
        spoken::Voice voice(line);
        auto packet = blank(line);
        packet.source.port =
            static_cast<std::uint16_t>(line.number("port", spoken::mediaPort(line.from)));
        packet.destination.port =
            static_cast<std::uint16_t>(line.number("toport", spoken::mediaPort(line.to)));
        if (packet.origin == base::Origin::Tap)
            packet.origin = base::Origin::Media;
        for (long long i = 0; i < packets; ++i) {
            packet.payload = base::Blob::copy(voice.next());
            m_packets.push_back(packet);
            if (i % 2 == 1) // every second one is late
                m_packets.back().time = packet.time + shaken;
            packet.time = packet.time + every;
        }
        return true;
    }

    bool flow(const Line &line)
    {
        const auto state = spoken::flowState(line);
        if (!state)
            return false;
        auto report = std::make_shared<base::FlowReport>();
        report->aor = fmt::format("sip:{}@example.test", line.from);
        report->regId = static_cast<std::uint32_t>(line.number("reg", 1));
        report->instance = "urn:uuid:1";
        report->edge = fmt::format("sip:{}", line.to);
        report->transport = "TCP";
        report->tls = line.value("tls");
        report->tlsVerified = line.has("verified");
        report->state = *state;
        report->local =
            spoken::host(line.from, static_cast<std::uint16_t>(line.number("port", 5060)));
        report->remote = spoken::host(line.to, 5060);
        report->since = line.time;
        return localEvent(line, base::LocalKind::FlowChanged,
                          line.has("call") ? line.value("call") + "@example.test" : std::string(),
                          std::move(report));
    }

    bool icmp(const Line &line)
    {
        localEvent(line, base::LocalKind::ConnectionRefused, "");
        base::Packet &packet = m_packets.back();
        packet.origin = base::Origin::Capture;
        packet.transport = base::Transport::Udp;
        packet.source = spoken::host(line.from, spoken::mediaPort(line.from));
        packet.destination = spoken::host(line.to, spoken::mediaPort(line.to));
        return true;
    }

    bool local(const Line &line)
    {
        static constexpr std::pair<std::string_view, base::LocalKind> kKinds[] = {
            {"refused", base::LocalKind::ConnectionRefused},
            {"unreachable", base::LocalKind::Unreachable},
            {"unresolvable", base::LocalKind::Unresolvable},
            {"timeout", base::LocalKind::TimedOut},
            {"gaveup", base::LocalKind::AuthenticationGaveUp},
            {"media", base::LocalKind::MediaStarted},
            {"silent", base::LocalKind::NoAudioDevice},
            {"ringback", base::LocalKind::RingbackChanged},
            {"failed", base::LocalKind::SendFailed},
            {"note", base::LocalKind::Note}};
        for (const auto &[name, kind] : kKinds)
            if (line.has(name))
                return localEvent(line, kind, line.value("call", "c1") + "@example.test");
        return false;
    }

    bool localEvent(const Line &line, base::LocalKind kind, std::string callId,
                    std::shared_ptr<const base::FlowReport> report = {})
    {
        auto event = std::make_shared<base::LocalEvent>();
        event->kind = kind;
        event->callId = std::move(callId);
        event->toTag = line.value("tag");
        event->code =
            static_cast<int>(line.number("code", kind == base::LocalKind::TimedOut ? 408 : 0));
        event->sentence = "it happened";
        for (const auto &word : line.words)
            if (word.quoted)
                event->sentence = word.key;
        event->flow = std::move(report);
        base::Packet packet;
        packet.time = line.time;
        packet.kind = base::PacketKind::Local;
        packet.origin = base::Origin::Own;
        packet.local = std::move(event);
        m_packets.push_back(std::move(packet));
        return true;
    }

    std::vector<base::Packet> m_packets;
    std::vector<Request> m_requests;
    std::map<std::pair<std::string, std::string>, std::string> m_last;
    std::map<std::pair<std::string, std::string>, std::uint32_t> m_streams;
    std::string m_own, m_error;
    bool m_hasDecisive = false;
};

} // namespace support
