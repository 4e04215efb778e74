// SPDX-License-Identifier: Apache-2.0
// A wire made of text for the tests of the folds: builds SIP messages, files them in a trace and
// hands them on.
#pragma once

#include <base/packet.h>
#include <functional>
#include <sip/message.h>
#include <string>
#include <string_view>
#include <trace/trace.h>

namespace support {

struct Fields {
    std::string callId = "call-1";
    std::string branch = "one";
    std::string sentBy = "192.0.2.1:5060";
    std::string relays = {}; // further Via lines, each ended by CRLF
    std::string fromTag = "alice";
    std::string toTag = {};
    int cseq = 1;
    std::string extra = {}; // further header lines, each ended by CRLF
    bool sdp = false;
};

inline std::string rest(std::string_view method, const Fields &fields)
{
    const std::string body =
        fields.sdp ? "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
                     "m=audio 4000 RTP/AVP 0\r\n"
                   : "";
    std::string out =
        "Via: SIP/2.0/UDP " + fields.sentBy + ";branch=z9hG4bK" + fields.branch + "\r\n";
    out += fields.relays;
    out += "From: \"Alice\" <sip:alice@example.test>;tag=" + fields.fromTag + "\r\n";
    out += "To: <sip:bob@example.test>" + (fields.toTag.empty() ? "" : ";tag=" + fields.toTag) +
           "\r\n";
    out += "Call-ID: " + fields.callId + "\r\nMax-Forwards: 70\r\n";
    out +=
        "CSeq: " + std::to_string(fields.cseq) + " " + std::string(method) + "\r\n" + fields.extra;
    if (fields.sdp)
        out += "Content-Type: application/sdp\r\n";
    return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline std::string request(std::string_view method, const Fields &fields = {})
{
    return std::string(method) + " sip:bob@example.test SIP/2.0\r\n" + rest(method, fields);
}

inline std::string response(int status, std::string_view method, const Fields &fields = {})
{
    return "SIP/2.0 " + std::to_string(status) + " Reason\r\n" + rest(method, fields);
}

class Wire
{
public:
    using Fold = std::function<void(trace::RowId, const sip::Message *)>;
    explicit Wire(Fold fold = {}) : m_fold(std::move(fold)) {}

    static base::Endpoint at(std::string_view text)
    {
        return base::Endpoint::parse(text).value_or(base::Endpoint{});
    }

    /// Each row comes a millisecond after the one before unless `time` was set.
    trace::RowId send(std::string_view from, std::string_view to, const std::string &text)
    {
        const auto message = sip::parse(text);
        return file(trace::RowKind::Message, packet(from, to), text, message ? &*message : nullptr);
    }
    trace::RowId mark(trace::RowKind kind, std::string_view from, std::string_view to,
                      std::string_view text = "\r\n")
    {
        return file(kind, packet(from, to), text, nullptr);
    }
    trace::RowId local(base::LocalKind kind, int code, std::string callId, std::string toTag = {})
    {
        base::LocalEvent event;
        event.kind = kind;
        event.code = code;
        event.callId = std::move(callId);
        event.toTag = std::move(toTag);
        return local(std::move(event));
    }
    trace::RowId local(base::LocalEvent event)
    {
        base::Packet out = packet("", "");
        out.kind = base::PacketKind::Local;
        out.origin = base::Origin::Own;
        out.local = std::make_shared<const base::LocalEvent>(std::move(event));
        return file(trace::RowKind::Local, out, {}, nullptr);
    }

    trace::Trace trace;
    base::Instant time{1'000'000'000};
    base::Duration step = std::chrono::milliseconds(1);
    base::Transport transport = base::Transport::Udp;
    bool sentAgain = false; // as a capture tells by the IP header
    bool ours = false;      // sent by our own user agent, as its tap tells

private:
    base::Packet packet(std::string_view from, std::string_view to)
    {
        base::Packet out;
        out.time = time;
        time = time + step;
        out.transport = transport;
        out.outgoing = ours;
        out.origin = ours ? base::Origin::Tap : base::Origin::Capture;
        out.sentAgain = sentAgain;
        out.source = at(from);
        out.destination = at(to);
        return out;
    }
    trace::RowId file(trace::RowKind kind, const base::Packet &packet, std::string_view text,
                      const sip::Message *message)
    {
        const trace::RowId row = trace.add(kind, packet, text, message);
        if (m_fold)
            m_fold(row, message);
        return row;
    }

    Fold m_fold;
};

} // namespace support
