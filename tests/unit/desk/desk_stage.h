// SPDX-License-Identifier: Apache-2.0
// The desk with real engine and media on loopback, its audio silent, and a peer that is a raw
// socket.
#pragma once

#include "peer.h"

#include <desk/desk.h>
#include <gtest/gtest.h>
#include <support/step_until.h>

namespace desk_test {

using Stage = desk::CallInfo::Stage;

class DeskTest : public testing::Test
{
protected:
    void SetUp() override
    {
        desk::Options options;
        options.media.output = media::Output::Silent;
        desk::Observer observer;
        observer.notice = [this](const std::string &sentence) {
            std::lock_guard guard(m_mutex);
            m_notices.push_back(sentence);
        };
        auto opened = desk::Desk::open(std::move(options), std::move(observer));
        ASSERT_TRUE(opened) << opened.error().sentence;
        m_desk = std::move(*opened);
    }
    /// The next request of that method the desk sends to the peer; empty: none came.
    std::string next(const std::string &method)
    {
        std::string found;
        support::stepUntil(
            [&] {
                while (auto text = m_peer.receive()) {
                    if (text->rfind(method, 0) == 0) {
                        found = *text;
                        return true;
                    }
                }
                return false;
            },
            std::chrono::seconds(20));
        return found;
    }
    desk::CallInfo call(std::size_t index = 0)
    {
        const auto calls = m_desk->calls();
        return index < calls.size() ? calls[index] : desk::CallInfo{};
    }
    bool reaches(Stage stage, std::size_t index = 0)
    {
        return support::stepUntil(
            [&] { return m_desk->calls().size() > index && call(index).stage == stage; },
            std::chrono::seconds(20));
    }
    bool noticed(const std::string &word)
    {
        std::lock_guard guard(m_mutex);
        return std::any_of(m_notices.begin(), m_notices.end(), [&](const std::string &sentence) {
            return sentence.find(word) != std::string::npos;
        });
    }
    /// Places a call to the peer, so that it knows where the desk listens; the INVITE.
    std::string place(desk::CallOptions options = {})
    {
        options.target = m_peer.uri();
        EXPECT_TRUE(m_desk->place(options));
        return next("INVITE");
    }
    /// An INVITE of the peer's own to the desk.
    std::string invite(const std::string &callId, const std::string &body)
    {
        std::string out = "INVITE sip:earshot@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP " +
                          m_peer.local() + ";branch=z9hG4bK" + callId +
                          "\r\nMax-Forwards: 70\r\nFrom: \"Peer\" <" + m_peer.uri() +
                          ">;tag=p\r\nTo: <sip:earshot@127.0.0.1>\r\nCall-ID: " + callId +
                          "\r\nCSeq: 1 INVITE\r\nContact: <" + m_peer.uri() + ">\r\n";
        if (!body.empty())
            out += "Content-Type: application/sdp\r\n";
        return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    void ringOut() // the call that made us known is declined
    {
        const auto first = place();
        ASSERT_FALSE(first.empty());
        m_peer.send(Peer::reply(first, "486 Busy Here", "x"));
        ASSERT_TRUE(reaches(Stage::Failed));
    }

    Peer m_peer;
    std::mutex m_mutex;
    std::vector<std::string> m_notices;
    std::unique_ptr<desk::Desk> m_desk; // last: its observers use the above
};

} // namespace desk_test
