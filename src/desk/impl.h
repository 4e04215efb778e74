// SPDX-License-Identifier: Apache-2.0
// Private to desk: what stands behind Desk's public calls.
#pragma once

#include <desk/accounts.h>
#include <desk/call_control.h>
#include <desk/disowned.h>
#include <desk/story_runner.h>

namespace desk {

class Desk::Impl : public engine::Listener
{
public:
    Impl(Options options, Observer observer);
    ~Impl() override;

    void openBelow(); // on the worker: engine and media
    void onCall(const engine::CallEvent &event) override;
    void onFlow(const engine::FlowEvent &event) override;
    void onProbe(const engine::ProbeEvent &event) override;
    void onTls(const engine::TlsReport &report) override
    {
        if (parts.observer.tls)
            parts.observer.tls(report);
    }
    void onUpdate(const std::shared_ptr<const session::Update> &update);
    void nameOurs(const session::Update &update);
    void doubtOurs(const session::Update &update);
    void doubt(const engine::CallEvent &event);
    Accounts430 accountsNow() const;
    engine::ProbeEvent oursOf(engine::ProbeEvent event);

    Parts parts;
    CallControl calls{parts};
    Accounts accounts{parts};
    StoryRunner story;
    std::unique_ptr<Recording> recording;
    std::atomic<std::uint32_t> nextProbe{1};
    std::map<engine::ProbeHandle, engine::ProbeHandle> probes; // the engine's -> ours; worker only
    bool withEngine = true;
    std::mutex updates; // guards closing and disowned
    Disowned disowned;
    bool closing = false;
};

} // namespace desk
