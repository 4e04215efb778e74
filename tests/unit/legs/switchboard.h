// SPDX-License-Identifier: Apache-2.0
// A wire with a LegBook behind it, and INVITEs in few words.
#pragma once

#include <legs/leg_book.h>
#include <map>
#include <support/wire.h>
#include <utility>

namespace legs_test {

struct Invite {
    std::string call, source, destination, from, to;
    std::string extra = {}; // header lines, each ended by CRLF
    std::string sdp = {};
};

class Switchboard
{
public:
    explicit Switchboard(std::size_t capacity = 1U << 20U)
        : wire([this](trace::RowId row, const sip::Message *message) {
              m_ids[std::string(wire.trace.callId(wire.trace.row(row).call))] =
                  wire.trace.row(row).call;
              book.add(row, message);
          }),
          book(wire.trace, capacity)
    {
    }

    void invite(const Invite &in)
    {
        m_ends[in.call] = {in.source, in.destination};
        wire.send(in.source, in.destination, text("INVITE sip:" + user(in.to) + " SIP/2.0", in));
    }
    void fails(const std::string &call, int status) { answer(call, status, {}); }
    void rings(const std::string &call) { answer(call, 180, {}); }
    void accepts(const std::string &call) { answer(call, 200, {}); }
    void answers(const std::string &call, const std::string &sdp) { answer(call, 200, sdp); }
    void bye(const std::string &call)
    {
        const auto &[source, destination] = m_ends[call];
        wire.send(
            source, destination,
            text("BYE sip:x@example.test SIP/2.0", {call, source, destination, "x", "y"}, "BYE"));
    }
    void refer(const std::string &call, const std::string &source, const std::string &destination,
               const std::string &target)
    {
        wire.send(source, destination,
                  text("REFER sip:x@example.test SIP/2.0",
                       {call, source, destination, "x", "y", "Refer-To: " + target + "\r\n"},
                       "REFER"));
    }

    std::vector<legs::Join> joins(const std::string &call) const
    {
        return book.of(m_ids.at(call + "@example.test"));
    }
    /// The Call-IDs it was joined to, without the host.
    std::vector<std::string> joined(const std::string &call) const
    {
        std::vector<std::string> out;
        for (const auto &join : joins(call))
            out.push_back(join.callId.substr(0, join.callId.find('@')));
        return out;
    }

    support::Wire wire;
    legs::LegBook book;
    std::string server; // a header line of whatever answers next, with its CRLF

private:
    static std::string user(const std::string &name)
    {
        std::string out;
        for (const char c : name) // as a URI carries it
            if (c != ' ')
                out += c;
        return out + "@example.test";
    }
    static std::string text(const std::string &first, const Invite &in,
                            const std::string &method = "INVITE")
    {
        return first + "\r\nVia: SIP/2.0/UDP " + in.source + ";branch=z9hG4bK" + in.call +
               "\r\nFrom: <sip:" + user(in.from) + ">;tag=f" + in.call +
               "\r\nTo: <sip:" + user(in.to) + ">" + (method == "INVITE" ? "" : ";tag=t") +
               "\r\nCall-ID: " + in.call + "@example.test\r\nCSeq: 1 " + method + "\r\n" +
               in.extra + (in.sdp.empty() ? "" : "Content-Type: application/sdp\r\n") +
               "Content-Length: " + std::to_string(in.sdp.size()) + "\r\n\r\n" + in.sdp;
    }
    void answer(const std::string &call, int status, const std::string &sdp)
    {
        const auto &[source, destination] = m_ends[call];
        wire.send(destination, source,
                  text("SIP/2.0 " + std::to_string(status) + (sdp.empty() ? " No" : " OK"),
                       {call, source, destination, "x", "y", server, sdp}));
    }

    std::map<std::string, trace::CallKey> m_ids;
    std::map<std::string, std::pair<std::string, std::string>> m_ends;
};

} // namespace legs_test
