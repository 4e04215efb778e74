// SPDX-License-Identifier: Apache-2.0
#include <engine/repeated_answer.h>

#include <algorithm>
#include <engine/in_dialog.h>

namespace engine {

RepeatedAnswer::RepeatedAnswer(SuLoop &loop, base::Duration t1) : m_t1(t1), m_repeat(loop) {}

RepeatedAnswer::~RepeatedAnswer()
{
    nta_incoming_destroy(m_invite);
}

void RepeatedAnswer::send(nta_incoming_t *invite, Answer answer, std::function<void()> lost)
{
    nta_incoming_destroy(m_invite);
    m_invite = invite;
    m_answer = std::move(answer);
    m_lost = std::move(lost);
    m_after = m_t1;
    m_elapsed = base::Duration{0};
    sendNow();
}

void RepeatedAnswer::sendNow()
{
    reply(m_invite, 200, m_answer.headers, m_answer.sdp);
    m_repeat.start(m_after, [this] {
        m_elapsed += m_after;
        m_after = std::min({2 * m_after, 8 * m_t1, 64 * m_t1 - m_elapsed});
        if (m_elapsed < 64 * m_t1)
            return sendNow();
        const auto lost = m_lost; // it may end the call
        lost();
    });
}

bool RepeatedAnswer::acknowledged(const sip::Message &ack)
{
    if (!waiting() || ack.cseq().number != m_answer.cseq)
        return false;
    m_repeat.stop();
    return true;
}

} // namespace engine
