// SPDX-License-Identifier: Apache-2.0
// What the folds know of a call's media: descriptions in, streams out.
#include <session/folds.h>

#include <algorithm>

namespace session {
namespace {

constexpr base::Duration kAfterwards =
    std::chrono::seconds(10); // streams that began later are of another call

} // namespace

/// Only packets that may be RTP ask what SDP said, and many captures hold none: bodies are read
/// when the first one comes.
void Folds::learnMedia()
{
    for (; m_described < m_trace.size(); ++m_described) {
        const trace::Row &row = m_trace.row({m_described});
        if (row.hasSdp && row.call.valid())
            m_media.learn(row.call, sip::sdpOf(m_trace.text({m_described})), row.time);
        else if (row.method == sip::Method::Bye && row.status == 0 && row.call.valid())
            m_media.ended(row.call, row.time);
    }
}

std::vector<std::shared_ptr<const rtp::Stream>> Folds::streamsOf(const calls::Call &call)
{
    std::vector<std::shared_ptr<const rtp::Stream>> out;
    if (m_counts.rtpStreams == 0)
        return out;
    learnMedia();
    const base::Instant last = std::max(m_lastCaptured, m_lastLive);
    const base::Instant until = (call.ended.known() ? call.ended : last) + kAfterwards;
    for (auto &stream : m_media.streams(call.id, until)) {
        if (stream->last >= call.first)
            out.push_back(std::move(stream));
    }
    return out;
}

std::vector<std::shared_ptr<const rtp::Stream>> Folds::streams() const
{
    return m_media.allStreams();
}

} // namespace session
