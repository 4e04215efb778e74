// SPDX-License-Identifier: Apache-2.0
#include <desk/story_runner.h>

#include <algorithm>
#include <desk/story_pace.h>
#include <fmt/format.h>

namespace desk {
namespace {
constexpr std::string_view kCrowd = "{crowd}"; // in a caption: how far the others are
constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr auto kFarewell = std::chrono::seconds(2); // for the peers of the story before
constexpr auto kStepLimit =
    std::chrono::seconds(45); // beyond Timer B, so that a dead peer is told, not waited for

void told(std::string &caption, const std::string &crowd)
{
    if (const auto at = caption.find(kCrowd); at != std::string::npos)
        caption.replace(at, kCrowd.size(), crowd);
}

} // namespace

void StoryRunner::start(const std::string &name, const std::string &recordFolder)
{
    stop();
    ++m_run;
    m_wanted = name;
    m_recordFolder = recordFolder;
    m_error.clear();
    if (m_call.valid())
        m_hands.hangUp(m_call);
    if (m_account.valid())
        m_hands.removeAccount(m_account);
    clear(m_run, base::now() + kFarewell);
}

/// The peers of the story before hear our BYE and un-REGISTER: an account that outlived its edges
/// would try to reach them for ever, in the middle of the next story.
void StoryRunner::clear(std::uint32_t run, base::Instant latest)
{
    if (run != m_run)
        return;
    const bool clean = (!m_account.valid() || m_hands.accountGone(m_account)) && callOver();
    if (clean || base::now() >= latest)
        open();
    else
        m_parts.worker.postIn(kPoll, [this, run, latest] { clear(run, latest); });
}

bool StoryRunner::callOver() const
{
    std::lock_guard guard(m_parts.mutex);
    const auto at = m_parts.calls.find(m_call);
    return at == m_parts.calls.end() || isOver(at->second);
}

void StoryRunner::open()
{
    m_account = {};
    m_call = {};
    m_step = 0;
    m_stepDone = false;
    m_parts.lab.reset();
    auto scenario = lab::scenario(m_wanted);
    if (!scenario)
        return finish(scenario.error().sentence);
    m_scenario = std::move(*scenario);
    auto started = lab::Lab::start(m_scenario, m_parts.session->inbox());
    if (!started)
        return finish(started.error().sentence);
    m_parts.lab = std::move(*started);
    {
        std::lock_guard guard(m_parts.mutex);
        for (const auto &[endpoint, lane] : m_parts.lab->names())
            m_parts.names[endpoint] = lane;
    }
    m_running = true;
    beginStep();
}

void StoryRunner::stop()
{
    ++m_run; // one that waits for the farewells of another does not begin any more
    if (m_running)
        finish({});
}

void StoryRunner::publish()
{
    StoryState state;
    state.name = m_scenario.name;
    state.title = m_scenario.title;
    state.step = m_step;
    state.steps = m_scenario.steps.size();
    state.running = m_running;
    state.error = m_error;
    if (m_step < m_scenario.steps.size())
        state.caption = m_scenario.steps[m_step].caption;
    if (m_parts.lab) {
        state.crowd = m_parts.lab->crowd();
        told(state.caption, state.crowd.sentence());
    }
    {
        std::lock_guard guard(m_parts.mutex);
        m_parts.story = state;
    }
    if (m_parts.observer.story)
        m_parts.observer.story(state);
}

void StoryRunner::beginStep()
{
    if (m_step >= m_scenario.steps.size()) {
        finish({});
        return;
    }
    publish();
    m_captionShown = base::now();
    m_nexts = storyPace().nexts();
    const auto run = m_run;
    m_parts.worker.postIn(m_scenario.steps[m_step].wait, [this, run] {
        if (!m_running || run != m_run)
            return;
        m_stepBegan = base::now();
        doStep();
        poll(run);
    });
}

void StoryRunner::doStep()
{
    const auto &lab = *m_parts.lab;
    switch (m_scenario.steps[m_step].kind) {
    case lab::StepKind::Register: {
        engine::Account account;
        account.aor = lab.aor();
        account.proxies = lab.proxies();
        account.transport = base::Transport::Tcp;
        if (const auto added = m_hands.addAccount(std::move(account), m_scenario.answerIncoming))
            m_account = *added;
        else
            finish(added.error().sentence);
        break;
    }
    case lab::StepKind::Call: {
        CallOptions options;
        options.target = lab.target();
        options.from = lab.caller();
        options.proxy = lab.callProxy();
        options.transport = lab.callTransport();
        options.recordFolder = m_recordFolder;
        m_call = m_hands.place(options);
        break;
    }
    case lab::StepKind::ReRegister:
        if (m_parts.engine && m_account.valid())
            m_parts.engine->reRegister(m_account, 0);
        break;
    case lab::StepKind::HangUp:
        m_hands.hangUp(m_call);
        break;
    case lab::StepKind::Crowd:
        m_parts.lab->startCrowd();
        break;
    case lab::StepKind::Fault:
        m_parts.lab->strike();
        break;
    case lab::StepKind::Recover:
    case lab::StepKind::Wait:
        break;
    }
}

/// Every flow is up or refused for good: nothing more comes of the step.
bool StoryRunner::flowsSettled() const
{
    std::lock_guard guard(m_parts.mutex);
    const auto at = m_parts.accounts.find(m_account);
    if (at == m_parts.accounts.end() || at->second.flows.size() < at->second.account.proxies.size())
        return false;
    for (const auto &[regId, flow] : at->second.flows) {
        using base::FlowState;
        if (!base::isUp(flow.state) && flow.state != FlowState::Provisional &&
            flow.state != FlowState::Rejected)
            return false;
        if (flow.since < m_stepBegan && m_scenario.steps[m_step].kind == lab::StepKind::Register)
            return false;
    }
    return true;
}

/// One that worked, since the account registered.
bool StoryRunner::flowLost() const
{
    std::lock_guard guard(m_parts.mutex);
    const auto at = m_parts.accounts.find(m_account);
    return at != m_parts.accounts.end() &&
           std::any_of(at->second.flows.begin(), at->second.flows.end(),
                       [](const auto &each) { return each.second.losses > 0; });
}

bool StoryRunner::done()
{
    using Stage = CallInfo::Stage;
    switch (m_scenario.steps[m_step].kind) {
    case lab::StepKind::Register:
        return flowsSettled();
    case lab::StepKind::ReRegister:
        // The old state may still say UP: the flow's failure is what the step mends.
        return base::now() - m_stepBegan > std::chrono::milliseconds(200) && flowsSettled();
    case lab::StepKind::Recover:
        return flowLost() && flowsSettled();
    case lab::StepKind::Crowd: {
        const auto crowd = m_parts.lab->crowd();
        return crowd.up == crowd.members;
    }
    case lab::StepKind::Wait:
    case lab::StepKind::Fault:
        return true;
    case lab::StepKind::Call:
    case lab::StepKind::HangUp:
        break;
    }
    if (callOver())
        return true;
    std::lock_guard guard(m_parts.mutex);
    return m_scenario.steps[m_step].kind == lab::StepKind::Call &&
           m_parts.calls[m_call].stage == Stage::Answered;
}

void StoryRunner::poll(std::uint32_t run)
{
    if (!m_running || run != m_run)
        return;
    if (m_stepDone || done()) { // what ended once is over, whatever comes while somebody reads
        m_stepDone = true;
        if (storyPace().goesOn(m_scenario.steps[m_step].caption, base::now() - m_captionShown,
                               m_nexts)) {
            m_stepDone = false;
            ++m_step;
            beginStep();
        } else {
            m_parts.worker.postIn(kPoll, [this, run] { poll(run); });
        }
        return;
    }
    if (base::now() - m_stepBegan > kStepLimit) {
        finish(fmt::format(
            "The story stopped at step {} (\"{}\"): it did not come to its end within {} s.",
            m_step + 1, m_scenario.steps[m_step].caption, base::seconds(kStepLimit, 0)));
        return;
    }
    m_parts.worker.postIn(kPoll, [this, run] { poll(run); });
}

void StoryRunner::finish(std::string error)
{
    m_running = false;
    m_error = std::move(error);
    if (m_call.valid())
        m_hands.hangUp(m_call);
    // The account and the peers stay for the buttons of the explain panel; the next story clears
    // them, or the engine's end.
    publish();
    if (!m_error.empty())
        m_parts.notice(m_error);
}

} // namespace desk
