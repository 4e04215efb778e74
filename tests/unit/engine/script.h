// SPDX-License-Identifier: Apache-2.0
// What the call tests share: the request, a plain callee, and one that follows a script.
#pragma once

#include "ear.h"
#include "peer.h"

namespace callee {

using peer::Peer;
using peer::Way;

inline engine::CallRequest to(const Peer &callee, base::Transport transport = base::Transport::Udp)
{
    engine::CallRequest out;
    out.target = callee.uri();
    out.transport = transport;
    out.description = ear::kOffer;
    return out;
}

/// 100, 180, 200; BYE is answered.
inline void answerPlainly(Peer &self, const sip::Message &message, const Way &way)
{
    if (message.method == sip::Method::Invite && message.isRequest()) {
        self.send(way, sip::responseTo(message, 100, "", "").text());
        self.send(way, peer::answer(self, message, 180, "a").text());
        self.send(
            way,
            peer::answer(self, message, 200, "a").body("application/sdp", ear::kAnswer).text());
    } else if (message.method == sip::Method::Bye && message.isRequest()) {
        self.send(way, sip::responseTo(message, 200, "", "").text());
    }
}

/// Does as told with an INVITE; PRACK and BYE are answered 200.
class Script
{
public:
    using Step = std::function<void(Peer &, const sip::Message &, const Way &)>;
    explicit Script(Step onInvite, Step onOther = {})
        : m_onInvite(std::move(onInvite)), m_onOther(std::move(onOther))
    {
    }
    void operator()(Peer &self, const sip::Message &message, const Way &way)
    {
        if (!message.isRequest())
            return;
        if (message.method == sip::Method::Invite)
            return m_onInvite(self, message, way);
        if (m_onOther)
            m_onOther(self, message, way);
        if (message.method == sip::Method::Prack || message.method == sip::Method::Bye)
            self.send(way, sip::responseTo(message, 200, "", "").text());
    }

private:
    Step m_onInvite, m_onOther;
};

} // namespace callee
