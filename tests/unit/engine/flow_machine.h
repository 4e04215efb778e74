// SPDX-License-Identifier: Apache-2.0
// A flow's state machine on a manual clock.
#pragma once

#include <engine/flow_keeper.h>
#include <vector>

namespace machine {

inline base::Endpoint at(const char *text)
{
    return base::Endpoint::parse(text).value();
}

inline engine::RegisterResult status(int code, base::Duration retryAfter = {})
{
    engine::RegisterResult out;
    out.status = code;
    out.retryAfter = retryAfter;
    return out;
}

inline engine::RegisterResult granted(base::Duration flowTimer = {})
{
    engine::RegisterResult out = status(200);
    out.outbound = true;
    out.expires = std::chrono::seconds(3600);
    out.flowTimer = flowTimer;
    return out;
}

struct Machine {
    explicit Machine(engine::KeeperSettings settings = {}, bool datagrams = false)
        : keeper(settings, {[this] { return random ? random() : 0.5; }, [this] { return others; },
                            [this] {
                                states.push_back(keeper.state());
                                reasons.push_back(keeper.report().reason);
                                if (onChange)
                                    onChange();
                            }})
    {
        keeper.start(now);
        keeper.take();
        keeper.over(datagrams);
    }
    base::Duration jump()
    {
        const auto due = keeper.next();
        if (!due)
            return base::Duration{0};
        const auto step = *due - now;
        now = *due;
        keeper.tick(now);
        return step;
    }
    void after(base::Duration step) { now = now + step; }
    void comeUp(const base::Endpoint &mapped = {})
    {
        keeper.sending(now);
        keeper.result(now, granted());
        jump();
        keeper.take();
        after(std::chrono::milliseconds(4));
        keeper.pong(now, mapped);
        keeper.take();
    }

    std::function<double()> random;
    std::function<void()> onChange;
    bool others = false;
    base::Instant now{1'000'000'000'000};
    std::vector<base::FlowState> states;
    std::vector<std::string> reasons;
    engine::FlowKeeper keeper;
};

} // namespace machine
