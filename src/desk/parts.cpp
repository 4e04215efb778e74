// SPDX-License-Identifier: Apache-2.0
#include <desk/parts.h>

#include <sip/uri.h>

namespace desk {
namespace {

constexpr base::Duration kNextFile = std::chrono::milliseconds(50);

} // namespace

std::string userOf(const std::string &uri)
{
    const auto parsed = sip::parseUri(uri);
    return std::string(parsed.user.empty() ? parsed.host : parsed.user);
}

void Parts::tell(base::LocalKind kind, const std::string &callId, const std::string &toTag,
                 std::string sentence, base::Instant at) const
{
    base::Packet packet;
    packet.time = at.known() ? at : base::now();
    packet.kind = base::PacketKind::Local;
    packet.origin = base::Origin::Own;
    base::LocalEvent event;
    event.kind = kind;
    event.callId = callId;
    event.toTag = toTag;
    event.sentence = std::move(sentence);
    packet.local = std::make_shared<const base::LocalEvent>(std::move(event));
    session->inbox().push(std::move(packet));
}

void Parts::tellUnsent(base::LocalKind kind, const std::string &callId, const std::string &sentence,
                       const CallOptions &wanted) const
{
    base::Packet packet;
    packet.time = base::now();
    packet.kind = base::PacketKind::Local;
    packet.origin = base::Origin::Own;
    base::LocalEvent event;
    event.kind = kind;
    event.callId = callId;
    event.sentence = sentence;
    event.from = wanted.from;
    event.to = wanted.target;
    packet.local = std::make_shared<const base::LocalEvent>(std::move(event));
    session->inbox().push(std::move(packet));
}

void Parts::name(const base::Endpoint &endpoint, const std::string &lane)
{
    if (!endpoint.known() || endpoint.port == 0 || lane.empty())
        return;
    std::lock_guard guard(mutex);
    // The first name stays: a lane does not change under the user's eyes.
    if (names.emplace(endpoint.text(), lane).second && options.session.recorder)
        options.session.recorder->name(endpoint, lane);
}

/// One after another: a session reads a file at a time.
void Parts::readAll(std::vector<std::string> paths)
{
    if (paths.empty())
        return;
    const auto begun = session->import(paths.front());
    if (!begun && begun.error().code != base::ErrorCode::Refused)
        notice(begun.error().sentence);
    if (begun || begun.error().code != base::ErrorCode::Refused)
        paths.erase(paths.begin());
    worker.postIn(kNextFile,
                  [this, rest = std::move(paths)]() mutable { readAll(std::move(rest)); });
}

} // namespace desk
