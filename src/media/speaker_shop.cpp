// SPDX-License-Identifier: Apache-2.0
#include "speaker_shop.h"

#include "devices.h"

#include <pthread.h>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr auto kPatience = 2s;

} // namespace

SpeakerShop::SpeakerShop(std::function<void()> wake) : m_state(std::make_shared<State>())
{
    m_state->results.onWake(std::move(wake));
    std::promise<void> ended;
    m_ended = ended.get_future();
    m_thread = std::thread([state = m_state, ended = std::move(ended)]() mutable {
        ::pthread_setname_np(::pthread_self(), "speakers");
        run(state);
        ended.set_value();
    });
}

SpeakerShop::~SpeakerShop()
{
    m_state->jobs.close();
    m_state->results.close();
    if (m_ended.wait_for(kPatience) == std::future_status::ready)
        m_thread.join();
    else
        m_thread.detach();
}

std::future<void> SpeakerShop::open(std::uint32_t ticket, Output output, const std::string &device,
                                    bool patient)
{
    auto done = std::make_shared<std::promise<void>>();
    auto future = done->get_future();
    m_state->jobs.push({ticket, output, device, std::move(done), nullptr, nullptr, patient});
    return future;
}

void SpeakerShop::retire(std::shared_ptr<Speaker> speaker)
{
    if (speaker)
        m_state->jobs.push({0, Output{}, {}, nullptr, std::move(speaker), nullptr});
}

void SpeakerShop::list(std::function<void(std::vector<AudioDevice>)> told)
{
    m_state->jobs.push({0, Output{}, {}, nullptr, nullptr, std::move(told)});
}

void SpeakerShop::run(const std::shared_ptr<State> &state)
{
    while (true) {
        auto jobs = state->jobs.take(1s);
        for (auto &job : jobs) {
            job.old.reset();
            if (job.listed) {
                auto devices = audioDevices();
                if (!state->jobs.closed()) // or nobody listens any more
                    job.listed(std::move(devices));
            }
            if (!job.done || state->jobs.closed())
                continue;
            state->results.push({job.ticket, Speaker::open(job.output, job.device, job.patient)});
            job.done->set_value();
        }
        if (jobs.empty() && state->jobs.closed())
            return;
    }
}

} // namespace media
