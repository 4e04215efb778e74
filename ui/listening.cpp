// SPDX-License-Identifier: Apache-2.0
#include <ui/listening.h>

#include <diagnosis/early_sound.h>
#include <diagnosis/facts.h>
#include <QMetaObject>

namespace ui {
namespace {

constexpr auto kMoreOfALiveOne = std::chrono::milliseconds(500);
constexpr std::size_t kMostWaiting = 16;

} // namespace

Listening::Listening(Store &store, QObject *parent) : QObject(parent), m_store(store)
{
    m_pool.setMaxThreadCount(1);
}

Listening::~Listening()
{
    m_pool.clear();
    m_pool.waitForDone();
}

void Listening::want(const CallPtr &call)
{
    if (!call)
        return;
    const auto evidence = m_store.evidence(*call);
    for (std::uint32_t i = 0; i < evidence.call.earlyDialogs.size(); ++i) {
        const auto *const bound = diagnosis::earlyArrival(evidence, i).main;
        if (bound == nullptr || !bound->stream->tape)
            continue;
        const base::Instant until = diagnosis::earlyEnd(evidence, i);
        const base::Instant known = bound->stream->tape->toldUntil();
        const bool more =
            !known.known() || (evidence.live ? until - known > kMoreOfALiveOne : until != known);
        if (more && m_asked.size() < kMostWaiting && !m_asked.contains(bound->stream->id.value))
            start(bound->stream, until);
    }
}

void Listening::start(const std::shared_ptr<const rtp::Stream> &stream, base::Instant until)
{
    const std::uint32_t id = stream->id.value;
    m_asked.insert(id);
    m_pool.start([this, stream, until, id] {
        (void)stream->tape->heard(until);
        QMetaObject::invokeMethod(
            this,
            [this, id] {
                m_asked.erase(id);
                Q_EMIT heard();
            },
            Qt::QueuedConnection);
    });
}

} // namespace ui
