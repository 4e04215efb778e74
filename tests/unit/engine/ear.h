// SPDX-License-Identifier: Apache-2.0
// An engine under test with everything it says written down.
#pragma once

#include <algorithm>
#include <engine/engine.h>
#include <gtest/gtest.h>
#include <mutex>
#include <support/step_until.h>

namespace ear {

class Ear final : public engine::Listener
{
public:
    explicit Ear(engine::Options options = {}) : packets(1 << 16)
    {
        auto opened = engine::Engine::open(std::move(options), packets, *this);
        EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error().sentence);
        if (opened)
            engine = std::move(*opened);
    }
    void onCall(const engine::CallEvent &event) override
    {
        std::lock_guard guard(m_mutex);
        m_calls.push_back(event);
    }
    void onFlow(const engine::FlowEvent &event) override
    {
        std::lock_guard guard(m_mutex);
        m_flows.push_back(event);
    }
    std::vector<engine::CallEvent> calls() const
    {
        std::lock_guard guard(m_mutex);
        return m_calls;
    }
    std::vector<engine::FlowEvent> flows() const
    {
        std::lock_guard guard(m_mutex);
        return m_flows;
    }
    int count(engine::CallStep step) const
    {
        const auto all = calls();
        return static_cast<int>(std::count_if(all.begin(), all.end(),
                                              [&](const auto &each) { return each.step == step; }));
    }
    bool waitFor(engine::CallStep step, int times = 1)
    {
        return support::stepUntil([&] { return count(step) >= times; });
    }
    engine::CallEvent first(engine::CallStep step) const
    {
        for (const auto &each : calls())
            if (each.step == step)
                return each;
        return {};
    }
    int states(std::uint32_t regId, base::FlowState state) const
    {
        const auto all = flows();
        return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const auto &each) {
            return each.report.regId == regId && each.report.state == state;
        }));
    }
    base::FlowState state(std::uint32_t regId) const
    {
        base::FlowState out = base::FlowState::Off;
        for (const auto &each : flows())
            if (each.report.regId == regId)
                out = each.report.state;
        return out;
    }
    /// Every packet so far, in order.
    const std::vector<base::Packet> &all()
    {
        for (auto &packet : packets.take(std::chrono::milliseconds(0), 1 << 16))
            m_all.push_back(std::move(packet));
        return m_all;
    }
    std::vector<base::LocalEvent> told(base::LocalKind kind)
    {
        std::vector<base::LocalEvent> out;
        for (const auto &packet : all())
            if (packet.local && packet.local->kind == kind)
                out.push_back(*packet.local);
        return out;
    }

    base::Inbox<base::Packet> packets;

private:
    mutable std::mutex m_mutex;
    std::vector<engine::CallEvent> m_calls;
    std::vector<engine::FlowEvent> m_flows;
    std::vector<base::Packet> m_all;

public:
    std::unique_ptr<engine::Engine> engine; // last: while it closes, it still speaks
};

inline engine::Options quick(base::Duration t1 = std::chrono::milliseconds(20))
{
    engine::Options out;
    out.t1 = t1;
    return out;
}

inline const char *const kOffer =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n";
inline const char *const kAnswer =
    "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 41000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

} // namespace ear
