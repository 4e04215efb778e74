// SPDX-License-Identifier: Apache-2.0
// A caller who does each thing by hand, for the tests of calls that come in.
#pragma once

#include "ear.h"
#include "peer.h"

#include <mutex>
#include <set>

namespace incoming {

using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;

class Incoming : public testing::Test
{
public:
    /// 64*T1 is what a slow machine has for an ACK or PRACK.
    explicit Incoming(std::chrono::milliseconds t1 = std::chrono::milliseconds(200))
        : caller([this](Peer &self, const sip::Message &message, const Way &way) {
              const std::lock_guard guard(mutex);
              if (!message.isRequest())
                  answers.emplace_back(message.text);
              else if (message.method == sip::Method::Invite) // tells us the engine's port
                  self.send(way, sip::responseTo(message, 603, "", "x").text());
              else if (message.method == sip::Method::Bye && byeStatus != 0)
                  self.send(way, sip::responseTo(message, byeStatus, "", "").text());
          }),
          ear(ear::quick(t1))
    {
        engine::CallRequest request;
        request.target = caller.uri();
        ear.engine->place(request);
        EXPECT_TRUE(ear.waitFor(CallStep::Failed));
        for (const auto &packet : ear.all())
            if (packet.outgoing)
                port = packet.source.port;
    }
    sip::Writer request(const std::string &method, int cseq, const std::string &tag = "")
    {
        return sip::Writer::request(method, "sip:me@127.0.0.1:" + std::to_string(port))
            .header("Via", "SIP/2.0/UDP 127.0.0.1:" + std::to_string(caller.port()) +
                               ";branch=z9hG4bK" + method + std::to_string(++branch))
            .header("From", "<" + caller.uri("caller") + ">;tag=c")
            .header("To", "<sip:me@127.0.0.1>" + (tag.empty() ? "" : ";tag=" + tag))
            .header("Call-ID", "comes-in")
            .header("CSeq", std::to_string(cseq) + " " + method)
            .header("Contact", "<" + caller.uri("caller") + ">")
            .header("Max-Forwards", "70");
    }
    void send(const sip::Writer &message) { caller.sendTo(port, message.text()); }
    /// The first answer with that status to a request of that CSeq; waits for it.
    std::string answer(const std::string &cseq, int status)
    {
        std::string out;
        const bool came = support::stepUntil([&] {
            const std::lock_guard guard(mutex);
            for (const auto &text : answers)
                if (text.find("CSeq: " + cseq + "\r\n") != std::string::npos &&
                    text.compare(0, 11, "SIP/2.0 " + std::to_string(status)) == 0 && out.empty())
                    out = text;
            return !out.empty();
        });
        EXPECT_TRUE(came) << cseq << " " << status;
        return out;
    }
    /// The different answers to requests of that CSeq, so far.
    std::set<std::string> answersTo(const std::string &cseq)
    {
        const std::lock_guard guard(mutex);
        std::set<std::string> out;
        for (const auto &text : answers)
            if (text.find("CSeq: " + cseq + "\r\n") != std::string::npos)
                out.insert(text.substr(8, 3));
        return out;
    }
    /// Rings here; the To-tag that it was given. `reliable`: with our answer in a reliable 183.
    std::string ring(sip::Writer invite, bool reliable = false)
    {
        send(invite);
        EXPECT_TRUE(ear.waitFor(CallStep::Incoming));
        call = ear.first(CallStep::Incoming).call;
        ear.engine->ring(call, reliable ? 183 : 180, reliable ? ear::kAnswer : "", reliable);
        const auto text = answer("1 INVITE", reliable ? 183 : 180);
        const auto ringing = sip::parse(text);
        return ringing ? std::string(ringing->toTag()) : "";
    }
    sip::Writer offering()
    {
        return request("INVITE", 1)
            .header("Supported", "100rel")
            .body("application/sdp", ear::kOffer);
    }

    /// Of the INVITE that offering() made last.
    sip::Writer cancelling()
    {
        return sip::Writer::request("CANCEL", "sip:me@127.0.0.1:" + std::to_string(port))
            .header("Via", "SIP/2.0/UDP 127.0.0.1:" + std::to_string(caller.port()) +
                               ";branch=z9hG4bKINVITE" + std::to_string(branch))
            .header("From", "<" + caller.uri("caller") + ">;tag=c")
            .header("To", "<sip:me@127.0.0.1>")
            .header("Call-ID", "comes-in")
            .header("CSeq", "1 CANCEL")
            .header("Max-Forwards", "70");
    }

    /// Of the reliable 183.
    sip::Writer prack(const std::string &tag, int cseq = 2)
    {
        const auto ringing = answer("1 INVITE", 183);
        const auto rseq = sip::parse(ringing)->number(sip::HeaderId::RSeq).value_or(0);
        return request("PRACK", cseq, tag).header("RAck", std::to_string(rseq) + " 1 INVITE");
    }

    std::mutex mutex;
    std::vector<std::string> answers;
    std::atomic<int> byeStatus{200}; // 0: no answer
    int branch = 0;
    std::uint16_t port = 0;
    Peer caller;
    Ear ear;
    engine::CallHandle call;
};

/// The same with little patience.
class Unacknowledged : public Incoming
{
public:
    Unacknowledged() : Incoming(std::chrono::milliseconds(20)) {}
};

} // namespace incoming
