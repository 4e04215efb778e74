// SPDX-License-Identifier: Apache-2.0
// Calls made up for the tests of ladder and report: messages go through the real trace, fold and
// stream table.
#pragma once

#include <base/endpoint.h>
#include <calls/call_book.h>
#include <diagnosis/evidence.h>
#include <fmt/format.h>
#include <map>
#include <rtp/stream_table.h>
#include <string>
#include <trace/trace.h>
#include <vector>

namespace made {

inline base::Endpoint at(std::string_view text)
{
    return base::Endpoint::parse(text).value_or(base::Endpoint{});
}

struct Says {          // what one message says beside the common headers
    std::string first; // start line, or "183 Session Progress"
    std::string method = "INVITE";
    std::string branch = "z9hG4bKbranch1";
    std::string toTag{}, headers{}, sdp{};
    int cseq = 1;
};

inline std::string sdp(std::string_view address, int port, std::string_view formats = "0 8")
{
    return fmt::format(
        "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio {1} RTP/AVP {2}\r\n",
        address, port, formats);
}

class Call
{
public:
    trace::Trace trace;
    calls::CallBook book{trace};
    rtp::StreamTable table;
    std::vector<diagnosis::BoundStream> streams;
    std::vector<diagnosis::Finding> findings;
    std::vector<std::shared_ptr<const flows::Flow>> flows;
    base::Instant clock{1'760'000'000'000'000'000};
    base::Transport transport = base::Transport::Udp;
    base::Origin origin = base::Origin::Capture;
    bool outgoing = false;
    std::string callId = "call-1@made.test", from = "sip:alice@example.test",
                to = "sip:bob@example.test";
    calls::CallId id;

    void wait(base::Duration d) { clock = clock + d; }

    std::string write(const Says &says, std::string_view sentBy) const
    {
        const bool response = says.first[0] >= '1' && says.first[0] <= '9';
        std::string out = response ? "SIP/2.0 " + says.first : says.first + " SIP/2.0";
        out += fmt::format(
            "\r\nVia: SIP/2.0/UDP {};branch={}\r\nFrom: <{}>;tag=from1\r\nTo: <{}>{}\r\n"
            "Call-ID: {}\r\nCSeq: {} {}\r\n{}",
            sentBy, says.branch, from, to, says.toTag.empty() ? "" : ";tag=" + says.toTag, callId,
            says.cseq, says.method, says.headers);
        if (!response)
            out += "Max-Forwards: 70\r\n";
        if (!response && says.method == "INVITE" &&
            says.headers.find("Contact:") == std::string::npos)
            out += fmt::format("Contact: <sip:{}>\r\n", sentBy);
        if (!says.sdp.empty())
            out += "Content-Type: application/sdp\r\n";
        return out + fmt::format("Content-Length: {}\r\n\r\n{}", says.sdp.size(), says.sdp);
    }
    trace::RowId raw(std::string_view source, std::string_view destination, std::string_view text,
                     trace::RowKind kind = trace::RowKind::Message)
    {
        base::Packet packet;
        packet.time = clock;
        packet.transport = transport;
        packet.origin = origin;
        packet.outgoing = outgoing;
        packet.source = at(source);
        packet.destination = at(destination);
        packet.payload = base::Blob::copy(text);
        const auto message = sip::parse(packet.payload.text());
        const auto row =
            trace.add(kind, packet, packet.payload.text(), message ? &*message : nullptr);
        if (const auto call = book.add(row); call.valid())
            id = call;
        return row;
    }
    /// `via` is the sender of the request; responses go back to it.
    trace::RowId say(std::string_view source, std::string_view destination, const Says &says)
    {
        const bool response = says.first[0] >= '1' && says.first[0] <= '9';
        return raw(source, destination, write(says, response ? destination : source));
    }
    trace::RowId local(base::LocalKind kind, int code, std::string sentence)
    {
        base::Packet packet;
        packet.time = clock;
        packet.kind = base::PacketKind::Local;
        packet.origin = base::Origin::Own;
        auto event = std::make_shared<base::LocalEvent>();
        event->kind = kind;
        event->code = code;
        event->callId = callId;
        event->sentence = std::move(sentence);
        packet.local = event;
        const auto row = trace.add(trace::RowKind::Local, packet, {}, nullptr);
        if (const auto call = book.add(row); call.valid())
            id = call;
        return row;
    }
    /// 20 ms packets of one stream from now on; the clock stays.
    void talk(std::string_view source, std::string_view destination, int packets,
              std::uint8_t type = 0, bool early = true, std::uint32_t earlyDialog = 0)
    {
        rtp::StreamId stream;
        const std::string payload(160, '\x55');
        for (int i = 0; i < packets; ++i) {
            rtp::RtpPacket rtp;
            rtp.payloadType = type;
            rtp.sequence = static_cast<std::uint16_t>(i);
            rtp.timestamp = static_cast<std::uint32_t>(i * 160);
            rtp.ssrc = 0x1f2a0000U + static_cast<std::uint32_t>(streams.size());
            rtp.payload = payload;
            base::Packet packet;
            packet.time = clock + std::chrono::milliseconds(20) * i;
            packet.source = at(source);
            packet.destination = at(destination);
            stream = table.add(packet, rtp);
        }
        streams.push_back(
            {table.snapshot(stream), earlyDialog, true, diagnosis::Certainty::Exact, early});
    }
    diagnosis::Finding &find(const char *rule, diagnosis::Severity severity, std::string text,
                             std::vector<trace::RowId> rows)
    {
        diagnosis::Finding finding;
        finding.rule = rule;
        finding.severity = severity;
        finding.call = id;
        finding.text = std::move(text);
        for (const auto row : rows) {
            diagnosis::EvidenceRef ref;
            ref.row = row;
            ref.note = "look here";
            finding.evidence.push_back(ref);
        }
        findings.push_back(std::move(finding));
        return findings.back();
    }
    std::shared_ptr<const calls::Call> call() const { return book.snapshot(id); }
    diagnosis::Evidence evidence(const calls::Call &of) const
    {
        return {of, trace, streams, flows, clock, false, !streams.empty()};
    }
};

/// alice, a proxy and two edges: 430 at the first, the second has the phone, 183 with audio,
/// answered, hung up.
inline void flowStory(Call &call)
{
    using std::chrono::milliseconds;
    const std::string alice = "10.0.0.1:5060", proxy = "10.0.0.5:5060", edgeB = "10.0.0.7:5060",
                      edgeA = "10.0.0.6:5060", bob = "10.0.0.2:5062";
    const std::string uri = "INVITE sip:bob@example.test";
    const auto offer = sdp("10.0.0.1", 4000), answer = sdp("10.0.0.2", 5002, "0");
    call.say(alice, proxy, {uri, "INVITE", "z9hG4bKa", "", "", offer});
    call.wait(milliseconds(4));
    call.say(proxy, alice, {"100 Trying", "INVITE", "z9hG4bKa"});
    call.wait(milliseconds(6));
    call.say(proxy, edgeB, {uri, "INVITE", "z9hG4bKb", "", "", offer});
    call.wait(milliseconds(20));
    const auto failed = call.say(edgeB, proxy, {"430 Flow Failed", "INVITE", "z9hG4bKb", "edge"});
    call.say(proxy, edgeB, {"ACK sip:bob@example.test", "ACK", "z9hG4bKb", "edge"});
    call.wait(milliseconds(2));
    call.say(proxy, edgeA, {uri, "INVITE", "z9hG4bKc", "", "", offer});
    call.wait(milliseconds(3));
    call.say(edgeA, bob, {uri, "INVITE", "z9hG4bKd", "", "", offer});
    call.wait(milliseconds(412));
    const std::string reliable = "Require: 100rel\r\nRSeq: 1\r\n";
    const auto ringing = call.say(
        bob, edgeA, {"183 Session Progress", "INVITE", "z9hG4bKd", "bob1", reliable, answer});
    call.wait(milliseconds(3));
    call.say(edgeA, proxy,
             {"183 Session Progress", "INVITE", "z9hG4bKc", "bob1", reliable, answer});
    call.wait(milliseconds(3));
    call.say(proxy, alice,
             {"183 Session Progress", "INVITE", "z9hG4bKa", "bob1", reliable, answer});
    call.wait(milliseconds(46));
    call.talk("10.0.0.2:5002", "10.0.0.1:4000", 620);
    call.wait(milliseconds(2400));
    call.say(bob, edgeA, {"200 OK", "INVITE", "z9hG4bKd", "bob1", "", answer});
    call.say(edgeA, proxy, {"200 OK", "INVITE", "z9hG4bKc", "bob1", "", answer});
    call.say(proxy, alice, {"200 OK", "INVITE", "z9hG4bKa", "bob1", "", answer});
    call.wait(milliseconds(9));
    call.say(alice, bob, {"ACK sip:bob@10.0.0.2:5062", "ACK", "z9hG4bKe", "bob1"});
    call.wait(milliseconds(10100));
    call.say(alice, bob,
             {"BYE sip:bob@10.0.0.2:5062", "BYE", "z9hG4bKf", "bob1", "Reason: Q.850;cause=16\r\n",
              "", 2});
    call.wait(milliseconds(11));
    call.say(bob, alice, {"200 OK", "BYE", "z9hG4bKf", "bob1", "", "", 2});
    auto &finding = call.find(
        "made-flow-lost", diagnosis::Severity::Error,
        "Edge 10.0.0.7:5060 answered 430 Flow Failed after 20 ms: it holds no connection to bob.",
        {failed});
    finding.impact = "The caller noticed a delay of 22 ms; the call went on over the second flow.";
    finding.fixes = {
        {"Register flow 2 again", "callee's user agent", diagnosis::Action::ReRegister},
        {"Send keep-alives more often than the NAT forgets", "callee's user agent", {}}};
    call.find("made-early-media", diagnosis::Severity::Warning,
              "Early media from bob was heard before the answer.", {ringing});
}

inline std::map<std::string, std::string> storyNames()
{
    return {{"10.0.0.1", "alice"},
            {"10.0.0.5", "proxy"},
            {"10.0.0.6", "edge-a"},
            {"10.0.0.7", "edge-b"},
            {"10.0.0.2", "bob"}};
}

} // namespace made
